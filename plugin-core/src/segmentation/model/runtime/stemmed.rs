//! A network in two parts: what dropout does not touch is computed once for all passes of a tile.

use super::{ModelError, Network};

/// A stem and the network that goes on from it, as one.
pub(super) struct Stemmed {
    stem: Box<dyn Network>,
    network: Box<dyn Network>,
    /// The image whose features the stem holds.
    seen: Vec<f32>,
}

impl Stemmed {
    pub fn new(stem: Box<dyn Network>, network: Box<dyn Network>) -> Stemmed {
        Stemmed { stem, network, seen: Vec::new() }
    }
}

impl Network for Stemmed {
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError> {
        let (image, masks) = inputs.split_first().map_or((&[][..], &[][..]), |(image, masks)| (*image, masks));
        if self.seen != image {
            self.seen.clear();
            self.stem.run(&[image])?;
            self.seen.extend_from_slice(image);
        }
        let features = (0..).map(|place| self.stem.output(place)).take_while(|feature| !feature.is_empty());
        let inputs: Vec<&[f32]> = features.chain(masks.iter().copied()).collect();
        self.network.run(&inputs)
    }

    fn output(&self, place: usize) -> &[f32] {
        self.network.output(place)
    }

    fn output_mut(&mut self, place: usize) -> &mut [f32] {
        self.network.output_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Sums its inputs, unless the first begins with a negative number.
    struct Sum {
        sum: Vec<f32>,
        runs: Arc<AtomicUsize>,
    }

    impl Network for Sum {
        fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError> {
            self.runs.fetch_add(1, Ordering::SeqCst);
            if inputs[0][0] < 0.0 {
                return Err(ModelError::Runtime { reason: "negative".to_owned() });
            }
            self.sum = vec![inputs.iter().copied().flatten().sum()];
            Ok(())
        }

        fn output(&self, place: usize) -> &[f32] {
            if place == 0 { &self.sum } else { &[] }
        }

        fn output_mut(&mut self, _: usize) -> &mut [f32] {
            &mut self.sum
        }
    }

    #[test]
    fn a_stem_is_run_once_per_image() {
        let runs = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let [stem, rest] = [0, 1].map(|part| Box::new(Sum { sum: Vec::new(), runs: runs[part].clone() }));
        let mut network = Stemmed::new(stem, rest);
        let mut sum = |image: &[f32], mask: f32| {
            let outcome = network.run(&[image, &[mask]]);
            outcome.map(|()| network.output(0)[0]).map_err(|error| error.to_string())
        };
        assert_eq!(sum(&[1.0, 2.0], 10.0), Ok(13.0));
        assert_eq!(sum(&[1.0, 2.0], 20.0), Ok(23.0));
        assert_eq!(sum(&[2.0, 2.0], 20.0), Ok(24.0));
        // After a failure nothing of it is left.
        assert_eq!(sum(&[-1.0, 2.0], 20.0), Err("networks cannot be run: negative".to_owned()));
        assert_eq!(sum(&[2.0, 2.0], 10.0), Ok(14.0));
        assert_eq!(runs.map(|runs| runs.load(Ordering::SeqCst)), [4, 4]);
    }
}
