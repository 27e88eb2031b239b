//! Convolution kernels by the names that makers give them.

/// Siemens kernels are a letter or two and a number that grows with sharpness; from here on edges overshoot.
const SHARP_NUMBER: u32 = 60;
/// Words by which other makers name kernels for bone and lung.
const SHARP_WORDS: [&str; 7] = ["BONE", "LUNG", "EDGE", "SHARP", "ULTRA", "CHEST", "DETAIL"];

/// Whether a Convolution Kernel (0018,1210) raises noise and lets edges overshoot.
pub(super) fn is_sharp(kernel: &str) -> bool {
    let kernel = kernel.to_uppercase();
    SHARP_WORDS.iter().any(|word| kernel.contains(word)) || siemens_number(&kernel).is_some_and(|number| number >= SHARP_NUMBER)
}

/// 60 of `B60s`, `Br60d\\3`, `Hr60`.
fn siemens_number(kernel: &str) -> Option<u32> {
    let family = ["BL", "BR", "BV", "HR", "HC", "UR", "QR", "B", "I", "J", "H"]
        .into_iter()
        .find(|family| kernel.strip_prefix(family).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))?;
    let digits: String = kernel[family.len()..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharp_kernels_of_several_makers_are_known_and_soft_ones_let_pass() {
        for sharp in ["B60s", "Br64d\\3", "BONEPLUS", "LUNG", "I70f\\2", "Hr68"] {
            assert!(is_sharp(sharp), "{sharp}");
        }
        for soft in ["B30f", "Br40d\\3", "STANDARD", "SOFT", "FC08", "B", "I31f\\3"] {
            assert!(!is_sharp(soft), "{soft}");
        }
    }
}
