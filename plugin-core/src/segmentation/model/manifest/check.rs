//! What a manifest must not say. Every rule is a sentence that names what was found and what would do.

use super::{Class, Dropout, Manifest, NetworkFile, Normalisation, Refinement, SCHEMA, Stem, StemOutput, StructureQuality};
use crate::anatomy::{Kind, Side, Structure};
use crate::settings::ModelSettings;
use std::collections::BTreeSet;

/// The length of a value of DICOM's LO, in which name and version are written.
const LONGEST_NAME: usize = 64;
/// Longest name of a file or of an input.
const LONGEST_TECHNICAL_NAME: usize = 255;
/// Longest sentence.
const LONGEST_TEXT: usize = 1024;
/// Networks of an ensemble.
const MOST_NETWORKS: usize = 16;
/// Classes; class numbers are bytes.
const MOST_CLASSES: usize = 255;
/// Edge of a tile in voxels.
const LONGEST_PATCH: usize = 1024;
/// Numbers of one tile's output: 2 GiB of `f32`.
const MOST_SCORES: usize = 1 << 29;
/// Voxel edges in millimetres.
const SPACING: std::ops::RangeInclusive<f64> = 0.1..=20.0;
/// A smaller step of tiles only costs time.
const TILE_STEP: std::ops::RangeInclusive<f64> = 0.1..=1.0;
/// Inputs for dropout masks, and channels of one.
const MOST_DROPOUT_INPUTS: usize = 64;
/// A U-Net has one per resolution, and what its bottleneck needs.
const MOST_STEM_OUTPUTS: usize = 64;
const MOST_CHANNELS: usize = 65_536;
/// No probability varies by more: half its values are 0, half 1.
const LARGEST_VARIANCE: f64 = 0.25;

/// The first thing that is wrong with `manifest`.
pub(super) fn contradiction(manifest: &Manifest) -> Option<String> {
    identity(manifest)
        .or_else(|| networks(manifest))
        .or_else(|| ports(manifest))
        .or_else(|| grid(manifest))
        .or_else(|| manifest.stem.as_ref().and_then(|stem| divided(manifest, stem)))
        .or_else(|| normalisation(&manifest.normalisation))
        .or_else(|| classes(&manifest.classes))
        .or_else(|| manifest.dropout.as_ref().and_then(dropout))
        .or_else(|| refinements(manifest))
        .or_else(|| unchecked(manifest))
        .or_else(|| least_age(manifest.least_age_years))
        .or_else(|| quality(manifest))
}

fn identity(manifest: &Manifest) -> Option<String> {
    schema(&manifest.schema, SCHEMA)
        .or_else(|| named(&manifest.name, &manifest.version))
        .or_else(|| texts([("description", &manifest.description), ("licence", &manifest.licence)]))
        .or_else(|| texts(manifest.attribution.iter().map(|line| ("attribution", line))))
}

/// Another schema than the one that is read.
pub(in crate::segmentation) fn schema(found: &str, accepted: &str) -> Option<String> {
    (found != accepted).then(|| format!("schema is \"{found}\"; accepted: {accepted}"))
}

/// What is wrong with a name or a version.
pub(in crate::segmentation) fn named(name: &str, version: &str) -> Option<String> {
    let short = |text: &str, accepted: fn(char) -> bool| {
        (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(accepted) && !text.starts_with(['-', '.', '+', '_'])
    };
    if !short(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Some(format!(
            "name is \"{name}\"; accepted: 1 to {LONGEST_NAME} lower-case letters, digits and hyphens, no hyphen first"
        ));
    }
    (!short(version, |c| c.is_ascii_alphanumeric() || ".+-_".contains(c)))
        .then(|| format!("version is \"{version}\"; accepted: 1 to {LONGEST_NAME} letters, digits, and .+-_ but not first"))
}

/// The first of `texts` that is no sentence.
pub(in crate::segmentation) fn texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a String)>) -> Option<String> {
    texts.into_iter().find(|(_, text)| !is_text(text, LONGEST_TEXT)).map(|(key, _)| {
        format!("{key} is empty, too long, or has control characters; accepted: 1 to {LONGEST_TEXT} characters")
    })
}

fn is_text(text: &str, longest: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control)
}

fn networks(manifest: &Manifest) -> Option<String> {
    let (count, files) = (manifest.networks.len(), manifest.files());
    if !(1..=MOST_NETWORKS).contains(&count) {
        return Some(format!("networks has {count} entries; accepted: 1 to {MOST_NETWORKS}"));
    }
    files
        .iter()
        .find_map(network)
        .or_else(|| repeated(files.iter().map(|network| &network.file)).map(|file| format!("networks names {file} twice")))
}

/// What is wrong with a network in two parts.
fn divided(manifest: &Manifest, stem: &Stem) -> Option<String> {
    if manifest.networks.len() != 1 || manifest.dropout.is_none() {
        let count = manifest.networks.len();
        let dropout = if manifest.dropout.is_none() { "no dropout" } else { "dropout" };
        return Some(format!(
            "a stem is there with {count} networks and {dropout}; accepted: a stem for one network with dropout"
        ));
    }
    if !(1..=MOST_STEM_OUTPUTS).contains(&stem.outputs.len()) {
        return Some(format!("stem.outputs has {} entries; accepted: 1 to {MOST_STEM_OUTPUTS}", stem.outputs.len()));
    }
    let is_good = |output: &StemOutput| {
        let divides = output.stride > 0 && manifest.patch.iter().all(|edge| edge % output.stride == 0);
        (1..=MOST_CHANNELS).contains(&output.channels) && divides
    };
    if let Some(StemOutput { name, channels, stride }) = stem.outputs.iter().find(|output| !is_good(output)) {
        return Some(format!(
            "the stem's output {name} has {channels} channels and the stride {stride}; accepted: 1 to {MOST_CHANNELS} channels, and a \
             stride that divides every edge of the patch"
        ));
    }
    let voxels: usize = manifest.patch.iter().product();
    let numbers = stem.outputs.iter().map(|output| (voxels / output.stride.pow(3)).saturating_mul(output.channels));
    let numbers = numbers.fold(0, usize::saturating_add);
    (numbers > MOST_SCORES).then(|| format!("the stem's outputs have {numbers} numbers; accepted: at most {MOST_SCORES}"))
}

/// What is wrong with a network's file name or digest.
pub(in crate::segmentation) fn network(NetworkFile { file, sha256 }: &NetworkFile) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if file.is_empty() || file.len() > LONGEST_TECHNICAL_NAME || file.starts_with('.') || !file.chars().all(plain) {
        return Some(format!(
            "the network file \"{file}\" is no plain file name; accepted: letters, digits, dots, hyphens and underscores, no dot \
             first, no folder"
        ));
    }
    let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    (sha256.len() != 64 || !sha256.chars().all(digit))
        .then(|| format!("sha256 of {file} is \"{sha256}\"; accepted: 64 lower-case hexadecimal digits"))
}

fn ports(manifest: &Manifest) -> Option<String> {
    let features = || manifest.stem.iter().flat_map(|stem| &stem.outputs).map(|output| &output.name);
    tensors(std::iter::once(&manifest.input).chain(features()), manifest.dropout.as_ref(), [&manifest.output])
}

/// What is wrong with the names of inputs and outputs.
pub(in crate::segmentation) fn tensors<'a>(
    images: impl IntoIterator<Item = &'a String>,
    dropout: Option<&'a Dropout>,
    outputs: impl IntoIterator<Item = &'a String>,
) -> Option<String> {
    let masks = dropout.into_iter().flat_map(|dropout| dropout.inputs.iter().map(|input| &input.name));
    let inputs: Vec<&String> = images.into_iter().chain(masks).collect();
    let outputs: Vec<&String> = outputs.into_iter().collect();
    if let Some(name) = inputs.iter().chain(&outputs).find(|name| !is_text(name, LONGEST_TECHNICAL_NAME)) {
        return Some(format!("\"{}\" is no name of an input or output", name.escape_default()));
    }
    let twice = |kind: &str, name: &String| format!("two {kind} are called \"{name}\"");
    repeated(inputs.into_iter())
        .map(|name| twice("inputs", name))
        .or_else(|| repeated(outputs.into_iter()).map(|name| twice("outputs", name)))
}

fn grid(manifest: &Manifest) -> Option<String> {
    let axis = |letter: char| ["LR", "AP", "SI"].iter().position(|axis| axis.contains(letter));
    let axes: Vec<Option<usize>> = manifest.orientation.chars().map(axis).collect();
    if axes.len() != 3 || axes.contains(&None) || repeated(axes.iter()).is_some() {
        return Some(format!(
            "orientation is \"{}\"; accepted: one letter each of LR, AP and SI in any order, such as SPL",
            manifest.orientation
        ));
    }
    if let Some(edge) = manifest.spacing_mm.iter().find(|edge| !SPACING.contains(*edge)) {
        return Some(format!("spacing_mm has {edge}; accepted: {} to {}", SPACING.start(), SPACING.end()));
    }
    if let Some(edge) = manifest.patch.iter().find(|edge| !(1..=LONGEST_PATCH).contains(*edge)) {
        return Some(format!("patch has an edge of {edge} voxels; accepted: 1 to {LONGEST_PATCH}"));
    }
    // Three edges of at most 2^10 voxels and 255 classes stay below 2^38.
    let scores = manifest.patch.iter().product::<usize>().saturating_mul(manifest.classes.len());
    if scores > MOST_SCORES {
        return Some(format!(
            "a patch of {} voxels in {} classes has {scores} scores; accepted: at most {MOST_SCORES}",
            manifest.patch.map(|edge| edge.to_string()).join(" x "),
            manifest.classes.len()
        ));
    }
    if !TILE_STEP.contains(&manifest.tile_step) {
        let (least, most) = (TILE_STEP.start(), TILE_STEP.end());
        return Some(format!("tile_step is {}; accepted: {least} to {most}, nnU-Net uses 0.5", manifest.tile_step));
    }
    if manifest.mirror_axes.iter().any(|axis| *axis > 2) || repeated(manifest.mirror_axes.iter()).is_some() {
        return Some(format!("mirror_axes is {:?}; accepted: each of 0, 1 and 2 at most once", manifest.mirror_axes));
    }
    None
}

fn normalisation(Normalisation { clip: [low, high], mean, standard_deviation }: &Normalisation) -> Option<String> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Some(format!("normalisation.clip is {low} to {high}; accepted: two finite numbers, the smaller first"));
    }
    if !(mean.is_finite() && standard_deviation.is_finite() && *standard_deviation > 0.0) {
        return Some(format!(
            "normalisation has the mean {mean} and the standard deviation {standard_deviation}; accepted: finite numbers, the \
             second above 0"
        ));
    }
    None
}

fn classes(classes: &[Class]) -> Option<String> {
    if !(2..=MOST_CLASSES).contains(&classes.len()) {
        return Some(format!("classes has {} entries; accepted: 2 to {MOST_CLASSES}, the background first", classes.len()));
    }
    if let Some(class) = classes.iter().find(|class| !is_text(&class.name, LONGEST_TECHNICAL_NAME)) {
        return Some(format!("a class is called \"{}\", which is no name", class.name.escape_default()));
    }
    if let Some(Class { structure: Some(structure), .. }) = classes.first() {
        return Some(format!("class 0 is {}; it must be the background, which is no structure", structure.name()));
    }
    for Class { name, structure, side } in classes {
        match structure {
            None if *side != Side::None => {
                return Some(format!("the class {name} has the side {} but no structure", side.name()));
            }
            Some(structure) if *side != Side::None && !structure.paired() => {
                return Some(format!("the class {name} is the {} {}, which has no sides", side.name(), structure.name()));
            }
            _ => {}
        }
    }
    let meant: Vec<(Structure, Side)> = classes.iter().filter_map(|class| Some((class.structure?, class.side))).collect();
    if meant.is_empty() {
        return Some("no class names a structure, so nothing could be measured".to_owned());
    }
    if let Some((structure, side)) = repeated(meant.iter()) {
        return Some(format!("two classes are {} {}", side.name(), structure.name()));
    }
    let mixed = meant.iter().find(|(structure, side)| *side != Side::None && meant.contains(&(*structure, Side::None)));
    mixed
        .map(|(structure, _)| format!("{} is there both with and without a side; accepted: one or the other", structure.name()))
}

/// What is wrong with a network's dropout.
pub(in crate::segmentation) fn dropout(Dropout { rate, inputs, passes }: &Dropout) -> Option<String> {
    if !(*rate > 0.0 && *rate < 1.0) {
        return Some(format!("dropout.rate is {rate}; accepted: above 0 and below 1"));
    }
    if !(1..=MOST_DROPOUT_INPUTS).contains(&inputs.len()) {
        return Some(format!("dropout.inputs has {} entries; accepted: 1 to {MOST_DROPOUT_INPUTS}", inputs.len()));
    }
    if let Some(input) = inputs.iter().find(|input| !(1..=MOST_CHANNELS).contains(&input.channels)) {
        return Some(format!(
            "the dropout input {} has {} channels; accepted: 1 to {MOST_CHANNELS}",
            input.name, input.channels
        ));
    }
    (!ModelSettings::accepts(*passes)).then(|| format!("dropout.passes is {passes}; accepted: 0 for none, or 2 to 200"))
}

fn refinements(manifest: &Manifest) -> Option<String> {
    if let Some(twice) = repeated(manifest.refinements.iter()) {
        return Some(format!("refinements has {twice:?} twice"));
    }
    let any = |wanted: &dyn Fn(Structure, Side) -> bool| {
        manifest.classes.iter().any(|class| class.structure.is_some_and(|structure| wanted(structure, class.side)))
    };
    manifest.refinements.iter().find_map(|refinement| match refinement {
        Refinement::VertebralColumn => {
            let possible = any(&|structure, _| structure == Structure::Sacrum)
                && any(&|structure, _| structure.kind() == Kind::LumbarVertebra);
            (!possible)
                .then(|| "the refinement vertebral-column needs the classes sacrum and at least one of l1 to l5".to_owned())
        }
        Refinement::Sides => {
            let possible = any(&|structure, side| structure.paired() && side == Side::None);
            (!possible)
                .then(|| "the refinement sides has nothing to do: no class is a paired structure without a side".to_owned())
        }
        Refinement::BoneEdges => {
            let possible = any(&|structure, _| matches!(structure.kind(), Kind::LumbarVertebra | Kind::Bone));
            (!possible).then(|| "the refinement bone-edges has nothing to do: no class is a bone".to_owned())
        }
        Refinement::LargestComponent => None,
    })
}

fn unchecked(manifest: &Manifest) -> Option<String> {
    let is_class = |structure: &Structure| manifest.classes.iter().any(|class| class.structure == Some(*structure));
    let unknown = manifest.unchecked.iter().find(|structure| !is_class(structure))?;
    Some(format!("unchecked has {}, which is none of the classes", unknown.name()))
}

/// Whether anybody can be of the age that a model asks for.
pub(in crate::segmentation) fn least_age(years: Option<f64>) -> Option<String> {
    let found = years.filter(|years| !(0.0..=120.0).contains(years))?;
    Some(format!("least_age_years is {found}; accepted: 0 to 120"))
}

fn quality(manifest: &Manifest) -> Option<String> {
    if manifest.dropout.is_none() && !manifest.quality.is_empty() {
        return Some("quality speaks of uncertainty, which only a network with dropout inputs has".to_owned());
    }
    for (structure, StructureQuality { usual_variance, dice }) in &manifest.quality {
        let name = structure.name();
        if !manifest.classes.iter().any(|class| class.structure == Some(*structure)) {
            return Some(format!("quality has {name}, which is none of the classes"));
        }
        if let Some(variance) = usual_variance.filter(|variance| !(*variance > 0.0 && *variance <= LARGEST_VARIANCE)) {
            return Some(format!("quality.{name}.usual_variance is {variance}; accepted: above 0, at most {LARGEST_VARIANCE}"));
        }
        if let Some(line) =
            dice.filter(|line| !(line.intercept > 0.0 && line.intercept <= 2.0 && line.slope.is_finite() && line.slope < 0.0))
        {
            return Some(format!(
                "quality.{name}.dice is {} {:+} x; accepted: an intercept above 0, at most 2, and a slope below 0",
                line.intercept, line.slope
            ));
        }
    }
    None
}

/// The first that stands there a second time.
pub(in crate::segmentation) fn repeated<T: Ord + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().find(|item| !seen.insert(*item))
}
