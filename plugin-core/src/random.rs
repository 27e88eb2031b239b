//! Random numbers that are the same on every machine: the phantom's noise, the steps of a search, dropout masks.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): integers only, so the same seed gives the same numbers everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Noise {
    state: u64,
}

impl Noise {
    /// The numbers that SplitMix64 gives from `seed`.
    pub fn new(seed: u64) -> Noise {
        Noise { state: seed }
    }

    /// A stream of its own for each number, so that slices of a phantom, or restarts of a search, can be drawn in any order.
    pub fn stream(seed: u64, number: usize) -> Noise {
        let mut seeding = Noise::new(seed);
        let base = seeding.next();
        Noise { state: base ^ (number as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1: the upper 53 bits of a number.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (0.5_f64).powi(53)
    }

    /// Mean 0, standard deviation 1, nearly Gaussian: the sum of twelve uniform numbers of 16 bits (Irwin-Hall). Unlike the
    /// Box-Muller transform it needs no logarithm or cosine, whose last bit depends on the platform.
    pub fn normal(&mut self) -> f64 {
        let mut sum = 0u64;
        for _ in 0..3 {
            let bits = self.next();
            sum += (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
        }
        // Twelve times the mean 65535/2; the variance of each is (65536^2 - 1)/12.
        (sum as f64 - 6.0 * 65535.0) / 65536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let mut noise = Noise { state: 1_234_567 };
        assert_eq!([noise.next(), noise.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn mean_deviation_and_tails_are_those_of_a_gaussian() {
        let mut noise = Noise::stream(1, 0);
        let samples: Vec<f64> = (0..200_000).map(|_| noise.normal()).collect();
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        let sd = (samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        let beyond_two = samples.iter().filter(|x| x.abs() > 2.0).count() as f64 / n;
        assert!(mean.abs() < 0.01 && (sd - 1.0).abs() < 0.01, "{mean} {sd}");
        assert!((beyond_two - 0.0455).abs() < 0.003, "{beyond_two}");
    }
}
