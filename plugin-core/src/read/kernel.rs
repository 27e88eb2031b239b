//! Convolution kernels by the names that makers give them.
//!
//! Convolution Kernel (0018,1210) is the makers' own text. The table says which of them are sharp; a kernel that it does not know is
//! taken for a soft one, and no CT is refused or moved behind for a name that nobody knows. Of names that mean a soft kernel the
//! table has none: they need not be told from unknown ones.
//!
//! | maker | names | sharp | from |
//! |---|---|---|---|
//! | Siemens | one or two letters for a family, then two digits that grow with sharpness: `B30f`, `Br40d\3`, `I70f\2`, `Hr68` | 50 and more | the pair that the National Lung Screening Trial asked for, `B30f` soft and `B50f` sharp |
//! | GE | words: `STANDARD`, `SOFT`, `DETAIL`, `BONE`, `BONEPLUS`, `LUNG`, `CHST`, `EDGE`, `ULTRA` | all but the first two | that trial: `STANDARD` soft, `BONE` and `LUNG` sharp; the others enhance edges by their names |
//! | Philips | single letters that grow with sharpness, and two for special filters: `A`, `B`, `C`, `D`, `E`, `L`, `YA` to `YD`, `EA` to `EC` | from `E` on | that trial and tables of other programs agree on `B` and `C` (soft) and on these; on `D` they do not |
//! | Canon, formerly Toshiba | `FC` and two digits, by purpose: 01 to 29 body and head, 30s bone, 50s lung, 80s high resolution | 30 to 39, 50 to 59, 80 to 89 | that trial: `FC10` soft, `FC51` sharp; `FC03` is soft in BRIDG 5.3 |
//!
//! The trial's protocol says which kernels to use; which filters the makers hide behind a name they do not publish.

/// Kernels of Siemens from here on let edges overshoot.
const SHARP_SIEMENS: u32 = 50;
/// Tens of Canon's kernels for bone, lung and inner ear.
const SHARP_CANON: [u32; 3] = [3, 5, 8];
/// The whole name of a kernel of Philips.
const SHARP_PHILIPS: [&str; 9] = ["E", "L", "YA", "YB", "YC", "YD", "EA", "EB", "EC"];
/// A part of the name, as GE and makers that spell names out have it.
const SHARP_WORDS: [&str; 9] = ["BONE", "LUNG", "EDGE", "SHARP", "ULTRA", "CHEST", "CHST", "DETAIL", "HIGHRES"];

/// Whether a Convolution Kernel (0018,1210) raises noise and lets edges overshoot, as far as its name is known.
pub(super) fn is_sharp(kernel: &str) -> bool {
    // A second value is the strength of iterative reconstruction.
    let name = kernel.split('\\').next().unwrap_or_default().trim().to_uppercase();
    SHARP_WORDS.iter().any(|word| name.contains(word)) || SHARP_PHILIPS.contains(&name.as_str()) || is_sharp_number(&name)
}

/// Of `B60s`, `Br60d`, `FC51`.
fn is_sharp_number(name: &str) -> bool {
    let family: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    let digits: String = name[family.len()..].chars().take_while(char::is_ascii_digit).collect();
    match (digits.parse::<u32>(), family.as_str()) {
        (Ok(number @ 0..=99), "FC") => SHARP_CANON.contains(&(number / 10)),
        (Ok(number @ 0..=99), _) if matches!(family.len(), 1 | 2) => number >= SHARP_SIEMENS,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharp_kernels_of_every_maker_are_known_and_soft_and_unknown_ones_let_pass() {
        let sharp =
            ["B50f", "B60s", "B80f", "Br64d\\3", "Bl57d", "I70f\\2", "Hr68", "BONEPLUS", "Bone", "LUNG", "CHST", "DETAIL"];
        let of_others = ["E", "L", "YA", "YB", "yd", "FC30", "FC35", "FC51", "FC52", "FC56", "FC81", "FC86"];
        for kernel in sharp.into_iter().chain(of_others) {
            assert!(is_sharp(kernel), "{kernel}");
        }
        let soft =
            ["B10f", "B30f", "B31s", "Br40d\\3", "Bf37f\\2", "Hr40f", "I31f\\3", "STANDARD", "SOFT", "STND", "A", "B", "C"];
        let of_others =
            ["FC01", "FC03", "FC08", "FC10", "FC13", "FC18", "FC64", "D", "UB", "", "\\", "Qr", "K123", "ÄÖ99", "\u{fc}51"];
        for kernel in soft.into_iter().chain(of_others) {
            assert!(!is_sharp(kernel), "{kernel}");
        }
    }
}
