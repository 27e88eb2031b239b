use crate::error::{Error, LoadError, Status};
use crate::functions::Functions;
use std::env;
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ABI version that this client speaks.
pub(crate) const ABI_VERSION: u32 = 1;

/// `libbonemuscle`, loaded. Clones are the same library; it is unloaded when the last clone and the last
/// [`Inputs`](crate::Inputs) are gone.
#[derive(Clone)]
pub struct Library {
    pub(crate) loaded: Arc<Loaded>,
}

pub(crate) struct Loaded {
    pub(crate) functions: Functions,
    folder: PathBuf,
    /// Keeps the functions where they are.
    _library: libloading::Library,
}

impl Library {
    /// Loads the library at `path`, which is made absolute first: no search path of the system is ever asked.
    pub fn load(path: &Path) -> Result<Library, LoadError> {
        let unloadable = |detail: String| LoadError::Unloadable { path: path.to_owned(), detail };
        let absolute = path.canonicalize().map_err(|error| unloadable(error.to_string()))?;
        // SAFETY: loading runs the library's initialisers; libbonemuscle has none of its own. That the file is libbonemuscle is
        // for the caller, who names it, to know.
        let library = unsafe { libloading::Library::new(&absolute) }.map_err(|error| unloadable(error.to_string()))?;
        // SAFETY: this function has had this type in every version.
        let version = unsafe { library.get::<unsafe extern "C" fn() -> u32>(b"bonemuscle_abi_version\0") };
        let version = version.map_err(|_| unloadable("it is not libbonemuscle: bonemuscle_abi_version is missing".into()))?;
        // SAFETY: it takes nothing and gives a number.
        let found = unsafe { version() };
        if found != ABI_VERSION {
            return Err(LoadError::OtherVersion { path: absolute, found, needed: ABI_VERSION });
        }
        // SAFETY: the version is that of the table, and `Loaded` keeps library and table together.
        let functions = unsafe { Functions::load(&library) }.map_err(|error| unloadable(error.to_string()))?;
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Library { loaded: Arc::new(Loaded { functions, folder, _library: library }) })
    }

    /// Loads the library that the environment variable `BONEMUSCLE_LIBRARY` names; where it is unset, the one beside this
    /// program, in `../lib`, or in `../lib/bonemuscle`.
    pub fn find() -> Result<Library, LoadError> {
        // Through links, so that a link to the program in another folder does.
        let program = env::current_exe().and_then(|path| path.canonicalize());
        let program = program.map_err(|error| LoadError::Unloadable {
            path: file_name(),
            detail: format!("the path of this program is unknown: {error}"),
        })?;
        Library::find_beside(&program)
    }

    /// As [`Library::find`], beside `file` in place of this program: for a host that is itself a library of a program that knows
    /// nothing of BoneMuscle.
    pub fn find_beside(file: &Path) -> Result<Library, LoadError> {
        if let Some(path) = env::var_os("BONEMUSCLE_LIBRARY").filter(|path| !path.is_empty()) {
            return Library::load(Path::new(&path));
        }
        let places = places_beside(file);
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Library::load(place),
            None => Err(LoadError::NotFound { places }),
        }
    }

    /// The folder it was loaded from, absolute and without links.
    pub fn folder(&self) -> &Path {
        &self.loaded.folder
    }

    /// The version that every report and DICOM object names.
    pub fn version(&self) -> String {
        // SAFETY: the text is ended by NUL and lives as long as the library is loaded.
        unsafe { CStr::from_ptr((self.loaded.functions.version)()) }.to_string_lossy().into_owned()
    }
}

fn places_beside(program: &Path) -> Vec<PathBuf> {
    let folder = program.parent().unwrap_or(Path::new("/"));
    let mut places = vec![folder.join(file_name())];
    if let Some(above) = folder.parent() {
        places.extend([above.join("lib").join(file_name()), above.join("lib/bonemuscle").join(file_name())]);
    }
    places
}

fn file_name() -> PathBuf {
    libloading::library_filename("bonemuscle").into()
}

impl Loaded {
    /// `status` with this thread's last error.
    pub(crate) fn check(&self, status: u32) -> Result<(), Error> {
        Status::from_code(status).map_err(|status| {
            // SAFETY: the text is this thread's own and is copied before its next call.
            let message = unsafe { CStr::from_ptr((self.functions.last_error)()) };
            Error::new(status, message.to_string_lossy())
        })
    }
}

pub(crate) fn c_text(what: &str, text: impl Into<Vec<u8>>) -> Result<CString, Error> {
    CString::new(text).map_err(|error| {
        Error::new(Status::InvalidArgument, format!("{what} holds a NUL character at byte {}", error.nul_position()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_program_looks_beside_itself_then_in_lib() {
        let found = places_beside(Path::new("/opt/bonemuscle/bin/bonemuscle"));
        let expected = [
            "/opt/bonemuscle/bin/libbonemuscle.so",
            "/opt/bonemuscle/lib/libbonemuscle.so",
            "/opt/bonemuscle/lib/bonemuscle/libbonemuscle.so",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
    }
}
