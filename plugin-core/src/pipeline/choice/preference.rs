//! Which CT series of a study a person would measure, where no segmentation tells.
//!
//! In this order:
//!
//! 1. one that does not show another part of the body (Body Part Examined (0018,0015) of a chest, a head, a knee; of hips where only the
//!    lumbar spine is asked for). The attribute is often that of the protocol, so what is longer than 350 mm shows more than one part,
//!    whatever it says;
//! 2. the one that allows more of what was asked for: lumbar spine or femora need slices of at most 5 mm (`SLICE_THICK`) and 100 mm
//!    of the patient, which is three lumbar vertebrae or a femur from its head to below the lesser trochanter; both of them 350 mm;
//!    muscles nothing;
//! 3. one that covers at least 80 % of what the longest covers, or that was taken for just what was asked for: of the lumbar spine
//!    alone a series of the lumbar spine;
//! 4. one with transverse slices;
//! 5. one as the scanner reconstructed it;
//! 6. one without contrast agent, which raises the attenuation of bone and muscle;
//! 7. one whose kernel is not a sharp one;
//! 8. one with slices of at most 3 mm, then of at most 5 mm (the limits of the gate `SLICE_THICK`);
//! 9. the thinner one, but below 1 mm thinness only brings noise;
//! 10. the one that covers more; the lower Series Number; the lower UID.

use super::slices;
use crate::geometry::{dot, norm, subtract};
use crate::read::CtSeries;
use crate::report::MeasurementKind;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Share of the longest coverage that counts as the same: phases of one study begin and end a little differently.
const SAME_COVERAGE: f64 = 0.8;
/// Slice thicknesses in millimetres at which bone is measured, and at which it is measured with a warning.
const THICKNESSES: [f64; 2] = [3.0, 5.0];
/// Slices need not be thinner, in millimetres.
const THIN_ENOUGH: f64 = 1.0;
/// Headers round: 3.0001 mm is 3 mm.
const ROUNDING: f64 = 1e-3;
/// Coverage in millimetres in which a lumbar spine or a proximal femur finds room, and in which both do.
const ROOM: [f64; 2] = [100.0, 350.0];

/// Defined terms of Body Part Examined (PS3.16 annex L) for each bone that is measured.
const PARTS: [(MeasurementKind, &[&str]); 2] = [
    (MeasurementKind::LumbarBmd, &["LSPINE", "LSSPINE", "TLSPINE"]),
    (MeasurementKind::FemurBmd, &["HIP", "PELVIS", "FEMUR", "THIGH"]),
];
/// Those for parts in which nothing is measured.
const ELSEWHERE: [&str; 21] = [
    "ANKLE", "ARM", "BRAIN", "CHEST", "CSPINE", "EAR", "ELBOW", "FOOT", "HAND", "HEAD", "HEART", "JAW", "KNEE", "LEG", "LUNG",
    "NECK", "SHOULDER", "SKULL", "THORAX", "TSPINE", "WRIST",
];

/// What is compared; smaller is better.
#[derive(Debug, PartialEq, PartialOrd)]
struct Rank {
    is_elsewhere: bool,
    not_allowed: usize,
    is_short: bool,
    is_not_transverse: bool,
    is_derived: bool,
    has_contrast: bool,
    has_sharp_kernel: bool,
    thickness_class: usize,
    thickness: f64,
    less_covered: f64,
    number: i32,
}

/// What was asked for; nothing named is everything.
#[derive(Clone, Copy)]
struct Asked<'k>(&'k [MeasurementKind]);

impl Asked<'_> {
    fn has(self, kind: MeasurementKind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }

    /// Bones that were asked for.
    fn bones(self) -> usize {
        PARTS.iter().filter(|(kind, _)| self.has(*kind)).count()
    }

    /// How many of the bones that were asked for a series cannot hold.
    fn not_allowed(self, thickness: f64, covered: f64) -> usize {
        let is_thin = thickness <= THICKNESSES[1] + ROUNDING;
        let room = ROOM.iter().filter(|least| covered >= **least).count();
        self.bones() - if is_thin { self.bones().min(room) } else { 0 }
    }

    /// Whether a part of the body is just the one that was asked for.
    fn is(self, part: &str) -> bool {
        let bone = PARTS.iter().find(|(_, parts)| parts.contains(&part));
        bone.is_some_and(|(kind, _)| self.0.len() == 1 && self.0.contains(kind))
    }

    /// Whether nothing that was asked for lies in a part of the body.
    fn is_not_in(self, part: &str) -> bool {
        let bone = PARTS.iter().find(|(_, parts)| parts.contains(&part));
        ELSEWHERE.contains(&part) || bone.is_some_and(|(kind, _)| !self.has(*kind) && !self.has(MeasurementKind::Muscle))
    }
}

/// The series from best to worst for `asked`. `instances_in_series` tells how many instances a series has of which only some were
/// read.
pub(super) fn ranked<'a>(
    candidates: &[&'a CtSeries],
    instances_in_series: &BTreeMap<String, usize>,
    asked: &[MeasurementKind],
) -> Vec<&'a CtSeries> {
    let asked = Asked(asked);
    let longest = candidates.iter().map(|series| coverage(series, instances_in_series)).fold(0.0, f64::max);
    let mut ranked: Vec<(Rank, &CtSeries)> = candidates
        .iter()
        .map(|series| (rank(series, coverage(series, instances_in_series), longest, asked), *series))
        .collect();
    ranked.sort_by(|(a, one), (b, other)| {
        let better = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        better.then_with(|| one.series_instance_uid.cmp(&other.series_instance_uid))
    });
    ranked.into_iter().map(|(_, series)| series).collect()
}

fn rank(series: &CtSeries, covered: f64, longest: f64, asked: Asked<'_>) -> Rank {
    let acquisition = &series.acquisition;
    let thickness = thickness(series);
    let part = acquisition.body_part.as_deref().unwrap_or_default().trim().to_uppercase();
    Rank {
        is_elsewhere: covered < ROOM[1] && asked.is_not_in(&part),
        not_allowed: asked.not_allowed(thickness, covered),
        is_short: covered < SAME_COVERAGE * longest && !(covered >= ROOM[0] && asked.is(&part)),
        // Half of a right angle: slices of a tilted gantry are transverse, reformatted coronal ones are not.
        is_not_transverse: series.normal()[2].abs() < std::f64::consts::FRAC_1_SQRT_2,
        is_derived: acquisition.image_type.first().is_some_and(|value| value == "DERIVED"),
        has_contrast: acquisition.agent().is_some(),
        has_sharp_kernel: acquisition.sharp_kernel().is_some(),
        thickness_class: THICKNESSES.iter().filter(|limit| thickness > **limit + ROUNDING).count(),
        thickness: thickness.max(THIN_ENOUGH),
        less_covered: -covered,
        number: series.series_number.unwrap_or(i32::MAX),
    }
}

/// Millimetres along the normal, outer faces included. Where not all slices were read, those that were may be the outermost.
fn coverage(series: &CtSeries, instances_in_series: &BTreeMap<String, usize>) -> f64 {
    let thickness = thickness(series);
    let (Some(first), Some(last)) = (series.slices.first(), series.slices.last()) else { return 0.0 };
    match series.slices.len() {
        1 => thickness * slices(series, instances_in_series) as f64,
        _ => dot(subtract(last.position, first.position), series.normal()).abs() + thickness,
    }
}

/// Slice Thickness (0018,0050); where it is not stated, the distance of the first two slices.
fn thickness(series: &CtSeries) -> f64 {
    let stated = series.acquisition.slice_thickness.map(|thickness| thickness.0);
    let distance = series.slices.windows(2).next().map(|pair| norm(subtract(pair[1].position, pair[0].position)));
    stated.or(distance).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Lps, add_scaled};
    use crate::read::{Acquisition, Equipment, PixelLayout, Slice, StudyContext};
    use crate::units::Mm;

    /// Transverse slices of a phase without contrast agent.
    fn series(uid: &str, count: usize, thickness: f64) -> CtSeries {
        let acquisition = Acquisition {
            slice_thickness: Some(Mm(thickness)),
            kernel: Some("B30f".into()),
            image_type: vec!["ORIGINAL".into(), "PRIMARY".into(), "AXIAL".into()],
            ..Acquisition::default()
        };
        let layout = PixelLayout {
            transfer_syntax: String::new(),
            bits_allocated: 16,
            bits_stored: 16,
            signed: true,
            parts: Vec::new(),
        };
        let slice = |number: usize| Slice {
            instance: number,
            frame: 0,
            sop_class_uid: String::new(),
            sop_instance_uid: format!("{uid}.{number}"),
            position: [0.0, 0.0, number as f64 * thickness],
            slope: 1.0,
            intercept: 0.0,
            layout: layout.clone(),
        };
        CtSeries {
            context: StudyContext::default(),
            series_instance_uid: uid.into(),
            series_number: Some(1),
            description: None,
            frame_of_reference_uid: None,
            position_reference_indicator: None,
            equipment: Equipment::default(),
            acquisition,
            size: [512, 512],
            pixel_spacing: [0.8, 0.8],
            orientation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            slices: (0..count).map(slice).collect(),
        }
    }

    fn changed(mut series: CtSeries, change: impl FnOnce(&mut CtSeries)) -> CtSeries {
        change(&mut series);
        series
    }

    fn best(candidates: &[&CtSeries]) -> String {
        best_for(&[], candidates)
    }

    fn best_for(asked: &[MeasurementKind], candidates: &[&CtSeries]) -> String {
        let ranked = ranked(candidates, &BTreeMap::new(), asked);
        ranked.first().map(|series| series.series_instance_uid.clone()).unwrap_or_default()
    }

    #[test]
    fn each_rule_decides_where_those_before_it_do_not() {
        let plain = || series("1", 200, 2.0);
        let worse = [
            ("short", series("0", 100, 2.0)),
            ("coronal", changed(series("0", 200, 2.0), |it| turn(it, [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]))),
            ("derived", changed(series("0", 200, 2.0), |it| it.acquisition.image_type[0] = "DERIVED".into())),
            ("contrast", changed(series("0", 200, 2.0), |it| it.acquisition.contrast_agent = Some("Iohexol".into()))),
            ("sharp", changed(series("0", 200, 2.0), |it| it.acquisition.kernel = Some("B70f".into()))),
            ("5 mm", series("0", 80, 5.0)),
            ("10 mm", series("0", 40, 10.0)),
            ("3 mm", series("0", 133, 3.0)),
            ("less", series("0", 190, 2.0)),
            ("later", changed(series("0", 200, 2.0), |it| it.series_number = Some(2))),
            ("UID", series("2", 200, 2.0)),
        ];
        for (name, other) in worse {
            assert_eq!(best(&[&plain(), &other]), "1", "{name}");
            assert_eq!(best(&[&other, &plain()]), "1", "{name}, the other way round");
        }
    }

    #[test]
    fn more_of_the_patient_goes_before_the_phase_and_the_phase_before_thickness() {
        let native_liver = series("native", 100, 2.0);
        let whole = changed(series("portal", 250, 2.0), |it| it.acquisition.contrast_agent = Some("Iohexol".into()));
        assert_eq!(best(&[&native_liver, &whole]), "portal");
        let native = series("native", 45, 5.0);
        let portal = changed(series("portal", 230, 1.0), |it| it.acquisition.contrast_agent = Some("Iohexol".into()));
        assert_eq!(best(&[&native, &portal]), "native");
    }

    fn of(part: &str, series: CtSeries) -> CtSeries {
        changed(series, |it| it.acquisition.body_part = Some(part.into()))
    }

    /// A thin native CT of the lumbar spine beside a thick one with contrast agent from the diaphragm to the thighs.
    #[test]
    fn a_lumbar_series_wins_where_only_the_lumbar_spine_is_asked_for() {
        let lumbar = of("LSPINE", series("lumbar", 200, 1.0));
        let whole = changed(series("whole", 110, 5.0), |it| it.acquisition.contrast_agent = Some("Iohexol".into()));
        let whole = of("ABDOMENPELVIS", whole);
        let (spine, femora, muscle) = (MeasurementKind::LumbarBmd, MeasurementKind::FemurBmd, MeasurementKind::Muscle);
        for asked in [&[][..], &[femora], &[muscle], &[spine, femora], &[spine, muscle]] {
            assert_eq!(best_for(asked, &[&lumbar, &whole]), "whole", "{asked:?}");
        }
        assert_eq!(best_for(&[spine], &[&lumbar, &whole]), "lumbar");
        // Without a word of the header the longer one is the safer choice; nor is a stack of five slices a lumbar spine.
        assert_eq!(best_for(&[spine], &[&of("", lumbar.clone()), &whole]), "whole");
        assert_eq!(best_for(&[spine], &[&of("LSPINE", series("stack", 5, 3.0)), &whole]), "whole");
    }

    #[test]
    fn slices_too_thick_for_bone_are_for_muscle_only() {
        let thick = series("thick", 60, 10.0);
        let thin = series("thin", 120, 2.0);
        assert_eq!(best(&[&thick, &thin]), "thin");
        assert_eq!(best_for(&[MeasurementKind::FemurBmd], &[&thick, &thin]), "thin");
        assert_eq!(best_for(&[MeasurementKind::Muscle], &[&thick, &thin]), "thick");
    }

    #[test]
    fn a_chest_is_not_measured_in_place_of_an_abdomen_unless_it_is_longer_than_any_chest() {
        let abdomen = of("ABDOMEN", series("abdomen", 100, 2.5));
        assert_eq!(best(&[&of("CHEST", series("chest", 330, 1.0)), &abdomen]), "abdomen");
        assert_eq!(best(&[&of("CHEST", series("trunk", 650, 1.0)), &abdomen]), "trunk");
        let hips = of("HIP", series("hips", 150, 1.0));
        assert_eq!(best_for(&[MeasurementKind::LumbarBmd], &[&hips, &abdomen]), "abdomen");
        assert_eq!(best_for(&[MeasurementKind::FemurBmd], &[&hips, &abdomen]), "hips");
    }

    #[test]
    fn thinner_than_a_millimetre_is_no_better() {
        assert_eq!(best(&[&series("thin", 400, 0.5), &series("millimetre", 250, 1.0)]), "millimetre");
    }

    /// As a host hands them over that has not read the pixels yet.
    #[test]
    fn the_outermost_two_of_many_slices_tell_what_all_cover() {
        let short = series("short", 60, 3.0);
        let long = changed(series("long", 400, 1.0), |it| it.slices = vec![it.slices[0].clone(), it.slices[399].clone()]);
        let counts = BTreeMap::from([("long".to_owned(), 400)]);
        assert_eq!(ranked(&[&short, &long], &counts, &[])[0].series_instance_uid, "long");
        // Of one alone, thickness times number.
        let long = changed(long, |it| it.slices.truncate(1));
        assert_eq!(ranked(&[&short, &long], &counts, &[])[0].series_instance_uid, "long");
    }

    fn turn(series: &mut CtSeries, orientation: [Lps; 2]) {
        series.orientation = orientation;
        let normal = series.normal();
        for (number, slice) in series.slices.iter_mut().enumerate() {
            slice.position = add_scaled([0.0; 3], normal, number as f64 * 2.0);
        }
    }
}
