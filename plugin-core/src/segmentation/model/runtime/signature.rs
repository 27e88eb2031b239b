//! What goes into a network and comes out of it, held against the manifest.

use super::super::manifest::DropoutInput;
use super::super::{Manifest, ModelError};

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
    /// The image first, then the dropout masks in their order.
    inputs: Vec<Promise>,
    outputs: Vec<Promise>,
}

impl Signature {
    /// The promises of the manifest of `model`; a mask has the rank of the image and is as long as its channels, `masks`.
    pub fn new(model: &str, image: Promise, masks: &[DropoutInput], outputs: Vec<Promise>) -> Signature {
        let rank = image.shape.len();
        let mask = |input: &DropoutInput| {
            let mut shape = vec![1; rank];
            shape[1] = input.channels;
            Promise { name: input.name.clone(), shape }
        };
        let inputs = std::iter::once(image).chain(masks.iter().map(mask)).collect();
        Signature { model: model.to_owned(), inputs, outputs }
    }

    /// The promises of a CT model.
    pub fn of(manifest: &Manifest) -> Signature {
        let [a, b, c] = manifest.patch;
        let image = Promise { name: manifest.input.clone(), shape: vec![1, 1, a, b, c] };
        let scores = Promise { name: manifest.output.clone(), shape: vec![1, manifest.classes.len(), a, b, c] };
        let masks = manifest.dropout.as_ref().map_or(&[][..], |dropout| &dropout.inputs);
        Signature::new(&manifest.name, image, masks, vec![scores])
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

    /// The inputs of one run, in the order of the manifest.
    pub(super) fn inputs<'a>(&'a self, image: &'a [f32], dropout: &'a [Vec<f32>]) -> Result<Vec<Input<'a>>, ModelError> {
        let masks = self.inputs.len() - 1;
        if dropout.len() != masks {
            return Err(self.failed(format!("{} dropout masks were given for {masks} inputs", dropout.len())));
        }
        let values = std::iter::once(image).chain(dropout.iter().map(Vec::as_slice));
        let inputs: Vec<Input<'a>> =
            self.inputs.iter().zip(values).map(|(promise, values)| (&*promise.name, &*promise.shape, values)).collect();
        match inputs.iter().find(|(_, shape, values)| shape.iter().product::<usize>() != values.len()) {
            None => Ok(inputs),
            Some((name, shape, values)) => {
                Err(self.failed(format!("{} numbers were given for the input \"{name}\" of {}", values.len(), text(shape))))
            }
        }
    }

    /// Copies the values of output number `place`, which must have the manifest's shape, into `into`.
    pub(super) fn take(&self, place: usize, shape: &[i64], values: &[f32], into: &mut Vec<f32>) -> Result<(), ModelError> {
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
        into.clear();
        // In runs that stay in the cache between being looked at and being copied.
        for run in values.chunks(4096) {
            if run.iter().fold(false, |bad, value| bad | !value.is_finite()) {
                let bad = run.iter().position(|value| !value.is_finite()).unwrap_or(0);
                let channel = (into.len() + bad) / expected.iter().skip(2).product::<usize>().max(1);
                return Err(self.failed(format!(
                    "its output \"{name}\" is {} in channel {channel}; a usable network gives finite numbers",
                    run[bad]
                )));
            }
            into.extend_from_slice(run);
        }
        Ok(())
    }
}

fn text<T: ToString>(shape: &[T]) -> String {
    shape.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}
