//! RLE Lossless (PS3.5 annex G). Written here because the registry's decoder panics on short segments.

/// Decodes one frame: a header of offsets, then one PackBits segment per byte of a pixel, most significant first. `out` gets one
/// little-endian pixel per array; a segment that holds fewer or more bytes than `out` has pixels is an error.
pub(super) fn decode<const BYTES: usize>(frame: &[u8], out: &mut [[u8; BYTES]]) -> Result<(), String> {
    let word = |index: usize| frame.get(4 * index..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize);
    if word(0) != Some(BYTES) {
        return Err(format!("its RLE header has not {BYTES} segments"));
    }
    for number in 1..=BYTES {
        let short = || format!("its RLE segment {number} does not hold one byte per pixel");
        let start = word(number).ok_or_else(short)?;
        let end = if number < BYTES { word(number + 1).ok_or_else(short)? } else { frame.len() };
        let segment = frame.get(start..end).ok_or_else(short)?;
        unpack(segment, BYTES - number, out).ok_or_else(short)?;
    }
    Ok(())
}

/// Puts the bytes of one segment into byte `place` of every pixel; none when they are too few or too many.
fn unpack<const BYTES: usize>(mut segment: &[u8], place: usize, out: &mut [[u8; BYTES]]) -> Option<()> {
    let mut rest = out;
    while !rest.is_empty() {
        let (&control, after) = segment.split_first()?;
        let count = match control {
            0..=127 => usize::from(control) + 1,
            128 => 0,
            129.. => 257 - usize::from(control),
        };
        let (now, later) = std::mem::take(&mut rest).split_at_mut_checked(count)?;
        if control < 128 {
            let (literal, after) = after.split_at_checked(count)?;
            now.iter_mut().zip(literal).for_each(|(pixel, &byte)| pixel[place] = byte);
            segment = after;
        } else if count > 0 {
            let (&byte, after) = after.split_first()?;
            now.iter_mut().for_each(|pixel| pixel[place] = byte);
            segment = after;
        } else {
            segment = after;
        }
        rest = later;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame whose header names the starts of `segments`, which follow it.
    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut frame = vec![0; 64];
        frame[0] = segments.len() as u8;
        for (number, segment) in segments.iter().enumerate() {
            frame[4 * (number + 1)] = frame.len() as u8;
            frame.extend(*segment);
        }
        frame
    }

    #[test]
    fn runs_and_literals_follow_annex_g() {
        // High bytes 1, 1 as one run; low bytes 2, 3 literally, with a control byte that means nothing before them.
        let mut out = [[9; 2]; 2];
        decode(&frame(&[&[255, 1], &[128, 1, 2, 3]]), &mut out).expect("a well-formed frame");
        assert_eq!(out, [[2, 1], [3, 1]]);
    }

    #[test]
    fn what_is_short_long_or_elsewhere_is_refused() {
        let decoded = |frame: &[u8], pixels: usize| decode(frame, &mut vec![[0; 1]; pixels]);
        assert_eq!(decoded(&frame(&[&[255, 7]]), 2), Ok(()));
        assert!(decoded(&frame(&[&[255, 7]]), 3).is_err());
        assert!(decoded(&frame(&[&[255, 7]]), 1).is_err());
        assert!(decoded(&frame(&[&[1, 7]]), 2).is_err());
        assert!(decoded(&frame(&[&[255]]), 2).is_err());
        assert!(decoded(&frame(&[&[255, 7], &[255, 7]]), 2).is_err());
        let mut far = frame(&[&[255, 7]]);
        far[4] = 200;
        assert!(decoded(&far, 2).is_err());
        assert!(decoded(&[1, 0], 2).is_err());
    }
}
