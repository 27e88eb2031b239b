//! RLE Lossless, the way in (PS3.5 annex G). Written here because the registry's codecs only read it.

use rayon::prelude::*;

/// Segments that a header has room for, and its words (PS3.5 G.5).
const SEGMENTS: usize = 15;
/// Pixels of a run or of a literal piece, at most.
const LONGEST: usize = 128;
/// From here on a run is shorter than its bytes, also where it interrupts a literal piece.
const WORTH_IT: usize = 3;

/// One frame of pixels of `SAMPLES` bytes, `columns` to a row: one segment per sample, each row for itself (PS3.5 G.3.1).
pub(super) fn encode<const SAMPLES: usize>(pixels: &[[u8; SAMPLES]], columns: usize) -> Vec<u8> {
    const { assert!(SAMPLES <= SEGMENTS) };
    let segment = |sample: usize| {
        let row = |pixels: &[[u8; SAMPLES]]| packed(&pixels.iter().map(|pixel| pixel[sample]).collect::<Vec<u8>>());
        let mut segment = pixels.par_chunks(columns).map(row).collect::<Vec<_>>().concat();
        segment.resize(segment.len().next_multiple_of(2), 0);
        segment
    };
    let segments: [Vec<u8>; SAMPLES] = std::array::from_fn(segment);
    let mut header = [0_u32; 1 + SEGMENTS];
    header[0] = SAMPLES as u32;
    let mut start = size_of_val(&header);
    for (word, segment) in header[1..].iter_mut().zip(&segments) {
        *word = start as u32;
        start += segment.len();
    }
    let mut frame = Vec::with_capacity(start);
    frame.extend(header.iter().flat_map(|word| word.to_le_bytes()));
    segments.iter().for_each(|segment| frame.extend(segment));
    frame
}

/// PackBits (PS3.5 G.3.1): runs, and pieces of what does not repeat.
fn packed(mut row: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    while let Some(&first) = row.first() {
        let run = repeats(row);
        if run >= WORTH_IT {
            packed.extend([(257 - run) as u8, first]);
            row = &row[run..];
            continue;
        }
        let literal = (1..row.len().min(LONGEST)).find(|&start| repeats(&row[start..]) >= WORTH_IT);
        let (literal, rest) = row.split_at(literal.unwrap_or(row.len().min(LONGEST)));
        packed.push((literal.len() - 1) as u8);
        packed.extend(literal);
        row = rest;
    }
    packed
}

/// How many of the first bytes are the same.
fn repeats(row: &[u8]) -> usize {
    row.iter().take(LONGEST).take_while(|byte| **byte == row[0]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_pieces_are_those_of_annex_g() {
        assert_eq!(packed(&[7, 7, 7]), [254, 7]);
        assert_eq!(packed(&[1, 2, 2, 3]), [3, 1, 2, 2, 3]);
        assert_eq!(packed(&[1, 2, 2, 2, 5]), [0, 1, 254, 2, 0, 5]);
        assert_eq!(packed(&[9; 130]), [129, 9, 1, 9, 9]);
        let different: Vec<u8> = (0..130).collect();
        assert_eq!(packed(&different), [&[127], &different[..128], &[1], &different[128..]].concat());
        assert_eq!(packed(&[]), [0; 0]);
    }

    #[test]
    fn segments_are_the_samples_even_in_length_and_no_run_crosses_a_row() {
        let frame = encode(&[[1, 2], [1, 3], [1, 4], [1, 2], [1, 3], [1, 4]], 3);
        let words: Vec<u32> = frame[..64].chunks(4).map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes"))).collect();
        assert_eq!(words[..4], [2, 64, 68, 0]);
        assert_eq!(frame[64..68], [254, 1, 254, 1]);
        assert_eq!(frame[68..], [2, 2, 3, 4, 2, 2, 3, 4]);
        assert_eq!(encode(&[[5]], 1)[64..], [0, 5]);
        assert_eq!(encode(&[[5], [6]], 2)[64..], [1, 5, 6, 0]);
    }
}
