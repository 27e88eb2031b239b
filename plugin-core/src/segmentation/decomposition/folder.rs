//! Where hip film models lie.

use super::HipManifest;
use crate::read::sha256;
use crate::segmentation::ModelError;
use crate::segmentation::model::error::brief;
use crate::segmentation::model::folder::{
    LARGEST_MANIFEST, MANIFEST, bytes_of, is_of_hip_films, model_folders, one_named, verified, verify,
};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

static REFERENCE_MANIFEST: &[u8] = include_bytes!("../../../../models/xray/manifest.json");
static REFERENCE_LOCATOR: &[u8] = include_bytes!("../../../../models/xray/locator.onnx");
static REFERENCE_DECOMPOSITION: &[u8] = include_bytes!("../../../../models/xray/decomposition.onnx");

/// A hip film model whose files were read and verified.
#[derive(Debug, Clone)]
pub struct HipModel {
    /// What it says of itself.
    pub manifest: HipManifest,
    /// ONNX file of the locator.
    pub locator: Cow<'static, [u8]>,
    /// ONNX file of the decomposition.
    pub decomposition: Cow<'static, [u8]>,
    /// SHA-256 of the SHA-256 of locator and decomposition as lower-case hexadecimal text, one after the other. Lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the manifest's file, lower-case hexadecimal.
    pub manifest_sha256: String,
}

/// A hip film model that can be chosen, or a folder that looks like one and cannot.
#[derive(Debug, Clone)]
pub struct KnownHipModel {
    /// Its name, or the folder's where the manifest cannot be read.
    pub name: String,
    /// Absent where it cannot be read.
    pub manifest: Option<HipManifest>,
    /// Absent: embedded in the library.
    pub folder: Option<PathBuf>,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl HipModel {
    /// The model that is part of the library. Its networks are not hashed again; a test holds them to their manifest.
    pub fn reference() -> Result<HipModel, ModelError> {
        let manifest = HipManifest::parse("reference for hip films", REFERENCE_MANIFEST)?;
        let networks = [REFERENCE_LOCATOR, REFERENCE_DECOMPOSITION].map(Cow::Borrowed);
        Ok(HipModel::of(manifest, sha256(REFERENCE_MANIFEST), networks))
    }

    /// The model called `name` among that of the library and those of `folders`; that of the library, where none is named.
    pub fn choose(name: Option<&str>, folders: &[PathBuf]) -> Result<HipModel, ModelError> {
        let Some(name) = name else { return HipModel::reference() };
        let known = known_hip_models(folders);
        let place = |model: &KnownHipModel| model.folder.as_ref().map_or("the library".to_owned(), |folder| brief(folder));
        let model = one_named(&known, name, |model| &model.name, place)?;
        model.folder.as_deref().map_or_else(HipModel::reference, HipModel::read)
    }

    /// The manifest of a model folder whose networks are those that it states.
    fn listed(folder: &Path) -> Result<HipManifest, ModelError> {
        let (manifest, _) = HipModel::manifest(folder)?;
        verify(&manifest.name, folder, &manifest.locator.network)?;
        verify(&manifest.name, folder, &manifest.decomposition.network)?;
        Ok(manifest)
    }

    /// The manifest of a model folder, and its file.
    fn manifest(folder: &Path) -> Result<(HipManifest, Vec<u8>), ModelError> {
        let json = bytes_of(&folder.join(MANIFEST), LARGEST_MANIFEST)?;
        Ok((HipManifest::parse(&brief(folder), &json)?, json))
    }

    /// Reads and verifies a model folder.
    pub fn read(folder: &Path) -> Result<HipModel, ModelError> {
        let (manifest, json) = HipModel::manifest(folder)?;
        let locator = verified(&manifest.name, folder, &manifest.locator.network)?;
        let decomposition = verified(&manifest.name, folder, &manifest.decomposition.network)?;
        Ok(HipModel::of(manifest, sha256(&json), [locator, decomposition]))
    }

    fn of(manifest: HipManifest, manifest_sha256: String, [locator, decomposition]: [Cow<'static, [u8]>; 2]) -> HipModel {
        let sha256 = sha256([&*manifest.locator.network.sha256, &manifest.decomposition.network.sha256].concat());
        HipModel { manifest, locator, decomposition, sha256, manifest_sha256 }
    }
}

/// The model of the library, and every hip film model of `folders`, each of which is a model folder or holds some. What cannot be used
/// is listed too, with the reason.
pub fn known_hip_models(folders: &[PathBuf]) -> Vec<KnownHipModel> {
    let reference = known("reference for hip films", None, HipModel::reference().map(|model| model.manifest));
    // What is no model folder at all is told of where CT models are listed.
    let places = folders.iter().filter_map(|folder| model_folders(folder).ok()).flatten();
    let of_site = places.filter(|folder| is_of_hip_films(folder)).map(|folder| {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        let manifest = HipModel::listed(&folder);
        known(&name, Some(folder), manifest)
    });
    std::iter::once(reference).chain(of_site).collect()
}

fn known(name: &str, folder: Option<PathBuf>, manifest: Result<HipManifest, ModelError>) -> KnownHipModel {
    match manifest {
        Ok(manifest) => KnownHipModel { name: manifest.name.clone(), manifest: Some(manifest), folder, problem: None },
        Err(error) => KnownHipModel { name: name.to_owned(), manifest: None, folder, problem: Some(error.to_string()) },
    }
}
