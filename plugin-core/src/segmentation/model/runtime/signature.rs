//! What goes into a network and comes out of it, held against the manifest.

use super::super::manifest::{DropoutInput, Stem};
use super::super::{Manifest, ModelError};

/// Numbers that are looked at together.
const RUN: usize = 4096;

/// An input or output as the network's file declares it.
pub(super) struct Port {
    /// Its name.
    pub name: String,
    /// Whether it holds `f32`.
    pub is_f32: bool,
    /// Its extents; an extent that the file leaves open is none. Absent: the file leaves the whole shape open.
    pub shape: Option<Vec<Option<usize>>>,
}

/// Name, shape and values of an input.
pub(super) type Input<'a> = (&'a str, &'a [usize], &'a [f32]);

/// An input or output that a manifest promises.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::segmentation) struct Promise {
    pub name: String,
    pub shape: Vec<usize>,
}

/// What the manifest promises of its networks.
pub(in crate::segmentation) struct Signature {
    model: String,
    /// In the order of runs.
    inputs: Vec<Promise>,
    outputs: Vec<Promise>,
}

impl Signature {
    /// The promises of the manifest of `model`: images, then dropout masks, each of the rank of the images and as long as its channels.
    pub fn new(model: &str, images: Vec<Promise>, masks: &[DropoutInput], outputs: Vec<Promise>) -> Signature {
        let rank = images.first().map_or(2, |image| image.shape.len());
        let mask = |input: &DropoutInput| {
            let mut shape = vec![1; rank];
            shape[1] = input.channels;
            Promise { name: input.name.clone(), shape }
        };
        let inputs = images.into_iter().chain(masks.iter().map(mask)).collect();
        Signature { model: model.to_owned(), inputs, outputs }
    }

    /// The promises of a CT model's networks, which take what its stem gives instead of the image where it has one.
    pub fn of(manifest: &Manifest) -> Signature {
        let scores = volume(manifest, &manifest.output, manifest.classes.len(), 1);
        let masks = manifest.dropout.as_ref().map_or(&[][..], |dropout| &dropout.inputs);
        let images = manifest.stem.as_ref().map_or_else(|| vec![image(manifest)], |stem| stem_outputs(manifest, stem));
        Signature::new(&manifest.name, images, masks, vec![scores])
    }

    /// The promises of a CT model's stem.
    pub fn of_stem(manifest: &Manifest, stem: &Stem) -> Signature {
        Signature::new(&manifest.name, vec![image(manifest)], &[], stem_outputs(manifest, stem))
    }

    /// Names and shapes of the inputs, in order.
    pub(super) fn input_shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.inputs.iter().map(|input| (input.name.as_str(), input.shape.as_slice()))
    }

    /// Names of the outputs, in order.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.name.as_str())
    }

    /// The library could not load the network.
    pub(super) fn not_loaded(&self, error: impl std::fmt::Display) -> ModelError {
        ModelError::Network { model: self.model.clone(), reason: super::words(error) }
    }

    /// The network failed.
    pub(super) fn failed(&self, error: impl std::fmt::Display) -> ModelError {
        ModelError::Run { model: self.model.clone(), reason: super::words(error) }
    }

    fn misfit(&self, reason: String) -> ModelError {
        ModelError::Shape { model: self.model.clone(), reason }
    }

    /// Whether the network's ports are those of the manifest, as far as its file declares their shapes.
    pub(super) fn check(&self, inputs: &[Port], outputs: &[Port]) -> Result<(), ModelError> {
        self.inputs.iter().try_for_each(|promise| self.fits("input", promise, inputs))?;
        let known = |port: &Port| self.inputs.iter().any(|promise| promise.name == port.name);
        if let Some(unknown) = inputs.iter().find(|port| !known(port)) {
            return Err(self.misfit(format!(
                "it also takes the input \"{}\"; accepted: inputs that the manifest names as input or in dropout.inputs",
                unknown.name
            )));
        }
        self.outputs.iter().try_for_each(|promise| self.fits("output", promise, outputs))
    }

    fn fits(&self, kind: &str, Promise { name, shape: expected }: &Promise, ports: &[Port]) -> Result<(), ModelError> {
        let Some(port) = ports.iter().find(|port| port.name == *name) else {
            let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
            return Err(self.misfit(format!("no {kind} is called \"{name}\"; it has {}", names.join(", "))));
        };
        if !port.is_f32 {
            return Err(self.misfit(format!("the {kind} \"{name}\" does not hold f32; export the network in 32 bits")));
        }
        let Some(shape) = &port.shape else { return Ok(()) };
        let same = |(found, expected): (&Option<usize>, &usize)| found.is_none_or(|found| found == *expected);
        if shape.len() == expected.len() && shape.iter().zip(expected).all(same) {
            return Ok(());
        }
        let extents: Vec<String> =
            shape.iter().map(|found| found.map_or("any".to_owned(), |found| found.to_string())).collect();
        Err(self.misfit(format!(
            "the {kind} \"{name}\" has the shape {}, the manifest says {}",
            extents.join(" x "),
            text(expected)
        )))
    }

    /// The inputs of one run, in order.
    pub(super) fn inputs<'a>(&'a self, values: &[&'a [f32]]) -> Result<Vec<Input<'a>>, ModelError> {
        if values.len() != self.inputs.len() {
            return Err(self.failed(format!("{} inputs were given; it takes {}", values.len(), self.inputs.len())));
        }
        let promised = self.inputs.iter().zip(values);
        let inputs: Vec<Input<'a>> = promised.map(|(promise, values)| (&*promise.name, &*promise.shape, *values)).collect();
        match inputs.iter().find(|(_, shape, values)| shape.iter().product::<usize>() != values.len()) {
            None => Ok(inputs),
            Some((name, shape, values)) => {
                Err(self.failed(format!("{} numbers were given for the input \"{name}\" of {}", values.len(), text(shape))))
            }
        }
    }

    /// Whether output number `place` has the manifest's shape and holds finite numbers.
    pub(super) fn check_answer(&self, place: usize, shape: &[i64], values: &[f32]) -> Result<(), ModelError> {
        let Some(Promise { name, shape: expected }) = self.outputs.get(place) else {
            return Err(self.failed(format!("output {place} of {} was asked for", self.outputs.len())));
        };
        if !shape.iter().map(|extent| usize::try_from(*extent).ok()).eq(expected.iter().copied().map(Some)) {
            return Err(self.misfit(format!(
                "the output \"{name}\" has the shape {}, the manifest says {}",
                text(shape),
                text(expected)
            )));
        }
        // A run at a time, each without a branch, is many times quicker than a search.
        let is_bad = |run: &[f32]| run.iter().fold(false, |bad, value| bad | !value.is_finite());
        let Some(run) = values.chunks(RUN).position(is_bad) else { return Ok(()) };
        let bad = values.iter().skip(run * RUN).position(|value| !value.is_finite()).map_or(0, |bad| run * RUN + bad);
        let channel = bad / expected.iter().skip(2).product::<usize>().max(1);
        Err(self.failed(format!(
            "its output \"{name}\" is {} in channel {channel}; a usable network gives finite numbers",
            values[bad]
        )))
    }
}

fn image(manifest: &Manifest) -> Promise {
    volume(manifest, &manifest.input, 1, 1)
}

fn stem_outputs(manifest: &Manifest, stem: &Stem) -> Vec<Promise> {
    stem.outputs.iter().map(|output| volume(manifest, &output.name, output.channels, output.stride)).collect()
}

/// Channels on every `stride`th voxel of a tile.
fn volume(manifest: &Manifest, name: &str, channels: usize, stride: usize) -> Promise {
    let [a, b, c] = manifest.patch.map(|edge| edge / stride.max(1));
    Promise { name: name.to_owned(), shape: vec![1, channels, a, b, c] }
}

fn text<T: ToString>(shape: &[T]) -> String {
    shape.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}
