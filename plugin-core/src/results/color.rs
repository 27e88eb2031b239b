//! Display colours.

use crate::report::Region;

/// sRGB of a region that is outlined on a radiograph, bright on grey bone.
pub(super) fn region_color(region: Region) -> [u8; 3] {
    match region {
        Region::FemoralNeck => [255, 214, 10],
        _ => [64, 224, 208],
    }
}

/// sRGB as CIELab the way Recommended Display CIELab Value (0062,000D) encodes it (PS3.3 C.10.7.1.1): D50 white, L* 0 to 100
/// and a*, b* -128 to 127 each over the whole of 16 bits.
pub(super) fn cielab(srgb: [u8; 3]) -> [u16; 3] {
    let linear = srgb.map(|component| {
        // IEC 61966-2-1.
        let c = f64::from(component) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    // Linear sRGB to XYZ, adapted from D65 to D50 by Bradford's method, each row divided by the D50 white (ICC.1, annex).
    const TO_XYZ: [[f64; 3]; 3] = [
        [0.436_074_7, 0.385_064_9, 0.143_080_4],
        [0.222_504_5, 0.716_878_6, 0.060_616_9],
        [0.013_932_2, 0.097_104_5, 0.714_173_3],
    ];
    const WHITE: [f64; 3] = [0.964_22, 1.0, 0.825_21];
    let mut f = [0.0; 3];
    for ((f, row), white) in f.iter_mut().zip(TO_XYZ).zip(WHITE) {
        let t = row.iter().zip(linear).map(|(weight, c)| weight * c).sum::<f64>() / white;
        // CIE 15.
        *f = if t > 216.0 / 24389.0 { t.cbrt() } else { (t * 24389.0 / 27.0 + 16.0) / 116.0 };
    }
    let lightness = (116.0 * f[1] - 16.0) / 100.0;
    let opponents = [500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])].map(|x| (x + 128.0) / 255.0);
    [lightness, opponents[0], opponents[1]].map(|share| (share.clamp(0.0, 1.0) * 65535.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::cielab;

    #[test]
    fn greys_have_no_hue_and_red_is_where_icc_puts_it() {
        assert_eq!(cielab([0, 0, 0]), [0, 32896, 32896]);
        assert_eq!(cielab([255, 255, 255])[0], 65535);
        // ICC profiles put sRGB red at L* 54.29, a* 80.80, b* 69.89.
        let [l, a, b] = cielab([255, 0, 0]).map(f64::from);
        let seen = [l / 655.35, a / 257.0 - 128.0, b / 257.0 - 128.0];
        assert!(seen.iter().zip([54.29, 80.80, 69.89]).all(|(a, b)| (a - b).abs() < 0.05), "{seen:?}");
    }
}
