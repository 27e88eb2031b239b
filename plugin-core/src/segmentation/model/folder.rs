//! Where models and the libraries that run them lie.

use super::error::brief;
use super::manifest::NetworkFile;
use super::{Manifest, ModelError};
use crate::read::{hexadecimal, sha256};
use crate::settings::SegmentationChoice;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Take};
use std::path::{Path, PathBuf};

/// What makes a folder a model.
pub(in crate::segmentation) const MANIFEST: &str = "manifest.json";
/// A manifest of more bytes is none.
pub(in crate::segmentation) const LARGEST_MANIFEST: u64 = 1 << 20;
/// An ONNX file is one protocol buffer message, and those end at 2 GiB.
const LARGEST_NETWORK: u64 = 1 << 31;

/// Bytes of a file that are hashed at once.
const CHUNK: usize = 1 << 16;

static REFERENCE_MANIFEST: &[u8] = include_bytes!("../../../../models/ct/manifest.json");
static REFERENCE_STEM: &[u8] = include_bytes!("../../../../models/ct/stem.onnx");
static REFERENCE_NETWORK: &[u8] = include_bytes!("../../../../models/ct/model.onnx");

/// The folder of libbonemuscle: beside it lie `onnxruntime/` and, where installed, `openvino/`.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Absolute.
    pub folder: PathBuf,
}

/// A model whose files were read and verified.
#[derive(Debug, Clone)]
pub struct Model {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The ONNX file of the stem, where the manifest has one.
    pub stem: Option<Cow<'static, [u8]>>,
    /// The ONNX files, in the order of the manifest.
    pub networks: Vec<Cow<'static, [u8]>>,
    /// SHA-256 of the network; where there are several files, the stem's first, SHA-256 of their SHA-256 as lower-case hexadecimal
    /// text, one after the other in the order of the manifest. Lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the manifest's file, which decides of labels as much as the network does. Lower-case hexadecimal.
    pub manifest_sha256: String,
}

/// A model that can be chosen, or a folder that looks like one and cannot.
#[derive(Debug, Clone, Serialize)]
pub struct KnownModel {
    /// Its name, or the folder's where the manifest cannot be read.
    pub name: String,
    /// Version, description and licence; absent where the manifest cannot be read.
    pub manifest: Option<Manifest>,
    /// Absent: embedded in the library.
    pub folder: Option<PathBuf>,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl Model {
    /// The reference model, which is part of the library.
    ///
    /// Its network is not hashed again: it cannot change without the library, and a test holds it to its manifest.
    pub fn reference() -> Result<Model, ModelError> {
        let manifest = Manifest::parse("reference", REFERENCE_MANIFEST)?;
        let manifest_sha256 = sha256(REFERENCE_MANIFEST);
        let sha256 = digest_of_all(&manifest);
        let (stem, network) = (Cow::Borrowed(REFERENCE_STEM), Cow::Borrowed(REFERENCE_NETWORK));
        Ok(Model { manifest, stem: Some(stem), networks: vec![network], sha256, manifest_sha256 })
    }

    /// The model that `choice` names among the reference model and `folders`; the reference model, where it names none.
    pub fn choose(choice: &SegmentationChoice, folders: &[PathBuf]) -> Result<Model, ModelError> {
        let SegmentationChoice::Model { name } = choice else { return Model::reference() };
        let known = listed(folders);
        let model = one_named(&known, name, |model| &model.name, place)?;
        model.folder.as_deref().map_or_else(Model::reference, Model::read)
    }

    /// Reads and verifies a model folder.
    pub fn read(folder: &Path) -> Result<Model, ModelError> {
        let (manifest, manifest_sha256) = read_manifest(folder)?;
        let files = manifest.files();
        let read = files.iter().map(|network| verified(&manifest.name, folder, network));
        let mut networks = read.collect::<Result<Vec<_>, _>>()?;
        let stem = manifest.stem.is_some().then(|| networks.remove(0));
        let sha256 = digest_of_all(&manifest);
        Ok(Model { manifest, stem, networks, sha256, manifest_sha256 })
    }
}

/// The reference model and every model of `folders`, each of which is a model folder or holds some.
///
/// Every file is hashed, which needs no memory for it, and no network is loaded; what cannot be used is listed too, with the reason.
pub fn known_models(folders: &[PathBuf]) -> Vec<KnownModel> {
    let mut known = listed(folders);
    for model in &mut known {
        if let (Some(folder), Some(manifest), None) = (&model.folder, &model.manifest, &model.problem) {
            let wrong = manifest.files().iter().find_map(|network| verify(&manifest.name, folder, network).err());
            model.problem = wrong.map(|error| error.to_string());
        }
    }
    let names: Vec<String> = known.iter().map(|model| model.name.clone()).collect();
    for name in names {
        let namesakes: Vec<usize> = (0..known.len()).filter(|index| known[*index].name == name).collect();
        if namesakes.len() > 1 {
            let problem = ambiguous(&name, namesakes.iter().map(|index| &known[*index])).to_string();
            namesakes.iter().for_each(|index| known[*index].problem = Some(problem.clone()));
        }
    }
    known
}

/// The reference model and the models of `folders`, networks unread.
fn listed(folders: &[PathBuf]) -> Vec<KnownModel> {
    let reference = match Model::reference() {
        Ok(model) => {
            KnownModel { name: model.manifest.name.clone(), manifest: Some(model.manifest), folder: None, problem: None }
        }
        Err(error) => KnownModel { name: "reference".into(), manifest: None, folder: None, problem: Some(error.to_string()) },
    };
    std::iter::once(reference).chain(folders.iter().flat_map(|folder| models_in(folder))).collect()
}

fn models_in(folder: &Path) -> Vec<KnownModel> {
    match model_folders(folder) {
        Err(error) => vec![unusable(folder, error)],
        Ok(folders) => folders.into_iter().filter(|folder| !is_of_hip_films(folder)).map(listed_folder).collect(),
    }
}

/// `folder` itself, or the folders in it that are models, by name.
pub(in crate::segmentation) fn model_folders(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    if folder.join(MANIFEST).exists() {
        return Ok(vec![folder.to_owned()]);
    }
    let refused = |reason: String| ModelError::File { file: folder.to_owned(), reason };
    let entries = std::fs::read_dir(folder).map_err(|error| refused(error.to_string()))?;
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.join(MANIFEST).exists()).collect();
    found.sort();
    match found.is_empty() {
        true => Err(refused(format!("neither this folder nor one in it holds a {MANIFEST}"))),
        false => Ok(found),
    }
}

/// Whether a model folder says that its model is one of hip films, which is listed elsewhere.
pub(in crate::segmentation) fn is_of_hip_films(folder: &Path) -> bool {
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: String,
    }
    let json = bytes_of(&folder.join(MANIFEST), LARGEST_MANIFEST).ok();
    let found = json.and_then(|json| serde_json::from_slice(&json).ok());
    found.is_some_and(|Schema { schema }| schema == crate::segmentation::decomposition::SCHEMA)
}

fn listed_folder(folder: PathBuf) -> KnownModel {
    match read_manifest(&folder) {
        Ok((manifest, _)) => {
            KnownModel { name: manifest.name.clone(), manifest: Some(manifest), folder: Some(folder), problem: None }
        }
        Err(error) => unusable(&folder, error),
    }
}

fn unusable(folder: &Path, error: ModelError) -> KnownModel {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    KnownModel { name, manifest: None, folder: Some(folder.to_owned()), problem: Some(error.to_string()) }
}

fn ambiguous<'a>(name: &str, models: impl Iterator<Item = &'a KnownModel>) -> ModelError {
    ModelError::Ambiguous { name: name.to_owned(), places: models.map(place).collect() }
}

fn place(model: &KnownModel) -> String {
    match &model.folder {
        Some(folder) => brief(folder),
        None => "the reference model in the library".to_owned(),
    }
}

/// The model called `name` among `known`; an error names all of them, or the places of namesakes.
pub(in crate::segmentation) fn one_named<'k, K>(
    known: &'k [K],
    name: &str,
    name_of: impl Fn(&K) -> &str,
    place_of: impl Fn(&K) -> String,
) -> Result<&'k K, ModelError> {
    let mut named = known.iter().filter(|model| name_of(model) == name);
    match (named.next(), named.next()) {
        (Some(model), None) => Ok(model),
        (None, _) => {
            let known = known.iter().map(|model| name_of(model).to_owned()).collect();
            Err(ModelError::Unknown { name: name.to_owned(), known })
        }
        (Some(_), Some(_)) => {
            let places = known.iter().filter(|model| name_of(model) == name).map(place_of).collect();
            Err(ModelError::Ambiguous { name: name.to_owned(), places })
        }
    }
}

/// The manifest and its SHA-256.
fn read_manifest(folder: &Path) -> Result<(Manifest, String), ModelError> {
    let json = bytes_of(&folder.join(MANIFEST), LARGEST_MANIFEST)?;
    Ok((Manifest::parse(&brief(folder), &json)?, sha256(&json)))
}

/// The file of a network, if it is the one of its manifest.
pub(in crate::segmentation) fn verified(
    model: &str,
    folder: &Path,
    network: &NetworkFile,
) -> Result<Cow<'static, [u8]>, ModelError> {
    let bytes = bytes_of(&folder.join(&network.file), LARGEST_NETWORK)?;
    is_as_stated(model, network, sha256(&bytes))?;
    Ok(Cow::Owned(bytes))
}

/// Whether the file of a network is the one of its manifest, without keeping it in memory.
pub(in crate::segmentation) fn verify(model: &str, folder: &Path, network: &NetworkFile) -> Result<(), ModelError> {
    let path = folder.join(&network.file);
    let (mut file, refused) = opened(&path, LARGEST_NETWORK)?;
    let (mut hash, mut read, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let here = file.read(&mut chunk).map_err(|error| refused(error.to_string()))?;
        if here == 0 {
            break;
        }
        hash.update(&chunk[..here]);
        read += here as u64;
    }
    within(read, LARGEST_NETWORK).map_err(refused)?;
    is_as_stated(model, network, hexadecimal(&hash.finalize()))
}

fn is_as_stated(model: &str, network: &NetworkFile, found: String) -> Result<(), ModelError> {
    match found == network.sha256 {
        true => Ok(()),
        false => Err(ModelError::Digest { model: model.to_owned(), found, expected: network.sha256.clone() }),
    }
}

/// A regular file of at most `limit` bytes: a pipe would be waited for, and a device never ends.
pub(in crate::segmentation) fn bytes_of(path: &Path, limit: u64) -> Result<Vec<u8>, ModelError> {
    let (mut file, refused) = opened(path, limit)?;
    let mut bytes = Vec::new();
    let read = file.read_to_end(&mut bytes).map_err(|error| refused(error.to_string()))?;
    within(read as u64, limit).map_err(refused)?;
    Ok(bytes)
}

/// A regular file of which no more than one byte above `limit` is read, and what is made of what is wrong with it.
fn opened(path: &Path, limit: u64) -> Result<(Take<File>, impl Fn(String) -> ModelError + '_), ModelError> {
    let refused = move |reason: String| ModelError::File { file: path.to_owned(), reason };
    let metadata = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?;
    if !metadata.is_file() {
        return Err(refused("it is no regular file".to_owned()));
    }
    within(metadata.len(), limit).map_err(&refused)?;
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    Ok((file.take(limit + 1), refused))
}

fn within(size: u64, limit: u64) -> Result<(), String> {
    if size > limit { Err(format!("it has {size} bytes; at most {limit} are accepted")) } else { Ok(()) }
}

/// See [`Model::sha256`].
fn digest_of_all(manifest: &Manifest) -> String {
    match manifest.files().as_slice() {
        [only] => only.sha256.clone(),
        several => sha256(several.iter().map(|network| network.sha256.as_str()).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_network_is_the_one_of_its_manifest() {
        let model = Model::reference().expect("the reference model");
        let digests: Vec<String> = model.stem.iter().chain(&model.networks).map(sha256).collect();
        let stated: Vec<String> = model.manifest.files().into_iter().map(|network| network.sha256).collect();
        assert_eq!(digests, stated);
        assert_eq!(model.sha256, sha256(stated.concat()));
    }
}
