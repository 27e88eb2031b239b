//! What goes into a network and comes out of it, held against the manifest.

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
pub(super) type Input<'a> = (&'a str, [usize; 5], &'a [f32]);

/// What the manifest promises of its networks.
pub(super) struct Signature {
    model: String,
    input: String,
    output: String,
    classes: usize,
    patch: [usize; 3],
    masks: Vec<(String, usize)>,
}

impl Signature {
    /// The promises of `manifest`.
    pub fn of(manifest: &Manifest) -> Signature {
        let masks = manifest.dropout.iter().flat_map(|dropout| &dropout.inputs);
        Signature {
            model: manifest.name.clone(),
            input: manifest.input.clone(),
            output: manifest.output.clone(),
            classes: manifest.classes.len(),
            patch: manifest.patch,
            masks: masks.map(|input| (input.name.clone(), input.channels)).collect(),
        }
    }

    /// Name of the output.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// The library could not load the network.
    pub fn not_loaded(&self, error: impl std::fmt::Display) -> ModelError {
        ModelError::Network { model: self.model.clone(), reason: super::words(error) }
    }

    /// The network failed.
    pub fn failed(&self, error: impl std::fmt::Display) -> ModelError {
        ModelError::Run { model: self.model.clone(), reason: super::words(error) }
    }

    fn misfit(&self, reason: String) -> ModelError {
        ModelError::Shape { model: self.model.clone(), reason }
    }

    /// Whether the network's ports are those of the manifest, as far as its file declares their shapes.
    pub fn check(&self, inputs: &[Port], outputs: &[Port]) -> Result<(), ModelError> {
        let [a, b, c] = self.patch;
        let image = (&self.input, [1, 1, a, b, c]);
        let masks = self.masks.iter().map(|(name, channels)| (name, [1, *channels, 1, 1, 1]));
        for (name, expected) in std::iter::once(image).chain(masks) {
            self.fits("input", name, inputs, expected)?;
        }
        let known = |port: &Port| port.name == self.input || self.masks.iter().any(|(name, _)| *name == port.name);
        if let Some(unknown) = inputs.iter().find(|port| !known(port)) {
            return Err(self.misfit(format!(
                "it also takes the input \"{}\"; accepted: inputs that the manifest names as input or in dropout.inputs",
                unknown.name
            )));
        }
        self.fits("output", &self.output, outputs, [1, self.classes, a, b, c])
    }

    fn fits(&self, kind: &str, name: &str, ports: &[Port], expected: [usize; 5]) -> Result<(), ModelError> {
        let Some(port) = ports.iter().find(|port| port.name == name) else {
            let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
            return Err(self.misfit(format!("no {kind} is called \"{name}\"; it has {}", names.join(", "))));
        };
        if !port.is_f32 {
            return Err(self.misfit(format!("the {kind} \"{name}\" does not hold f32; export the network in 32 bits")));
        }
        let Some(shape) = &port.shape else { return Ok(()) };
        let same = |(found, expected): (&Option<usize>, usize)| found.is_none_or(|found| found == expected);
        if shape.len() == expected.len() && shape.iter().zip(expected).all(same) {
            return Ok(());
        }
        let extents: Vec<String> =
            shape.iter().map(|found| found.map_or("any".to_owned(), |found| found.to_string())).collect();
        Err(self.misfit(format!(
            "the {kind} \"{name}\" has the shape {}, the manifest says {}",
            extents.join(" x "),
            text(&expected)
        )))
    }

    /// The inputs of one run, in the order of the manifest.
    pub fn inputs<'a>(&'a self, tile: &'a [f32], dropout: &'a [Vec<f32>]) -> Result<Vec<Input<'a>>, ModelError> {
        let [a, b, c] = self.patch;
        if dropout.len() != self.masks.len() {
            return Err(self.failed(format!("{} dropout masks were given for {} inputs", dropout.len(), self.masks.len())));
        }
        let image = (self.input.as_str(), [1, 1, a, b, c], tile);
        let masks = self.masks.iter().zip(dropout);
        let masks = masks.map(|((name, channels), mask)| (name.as_str(), [1, *channels, 1, 1, 1], mask.as_slice()));
        let inputs: Vec<_> = std::iter::once(image).chain(masks).collect();
        match inputs.iter().find(|(_, shape, values)| shape.iter().product::<usize>() != values.len()) {
            None => Ok(inputs),
            Some((name, shape, values)) => {
                Err(self.failed(format!("{} numbers were given for the input \"{name}\" of {}", values.len(), text(shape))))
            }
        }
    }

    /// Copies an output of the manifest's shape into `logits`.
    pub fn take(&self, shape: &[i64], output: &[f32], logits: &mut Vec<f32>) -> Result<(), ModelError> {
        let [a, b, c] = self.patch;
        let expected = [1, self.classes, a, b, c];
        if !shape.iter().map(|extent| usize::try_from(*extent).ok()).eq(expected.map(Some)) {
            let name = &self.output;
            return Err(self.misfit(format!(
                "the output \"{name}\" has the shape {}, the manifest says {}",
                text(shape),
                text(&expected)
            )));
        }
        logits.clear();
        // In runs that stay in the cache between being looked at and being copied.
        for run in output.chunks(4096) {
            if run.iter().fold(false, |bad, value| bad | !value.is_finite()) {
                let bad = run.iter().position(|value| !value.is_finite()).unwrap_or(0);
                let (class, value) = ((logits.len() + bad) / (a * b * c), run[bad]);
                return Err(
                    self.failed(format!("its output is {value} in class {class}; a usable network gives finite numbers"))
                );
            }
            logits.extend_from_slice(run);
        }
        Ok(())
    }
}

fn text<T: ToString>(shape: &[T]) -> String {
    shape.iter().map(T::to_string).collect::<Vec<_>>().join(" x ")
}
