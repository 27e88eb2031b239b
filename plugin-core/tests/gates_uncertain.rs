//! What a model doubts: values withheld, warnings, and what findings say of it.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use common::{Case, in_vertebra, labels, mask, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::Measured;
use plugin_core::report::{Finding, GateCode, Quality, Quantity, Region, Severity, Uncertainty};
use plugin_core::segmentation::{Doubts, StructureUncertainty};

const L2: (Structure, Side) = (Structure::L2, Side::None);
const L3: (Structure, Side) = (Structure::L3, Side::None);
const L4: (Structure, Side) = (Structure::L4, Side::None);
const MUSCLE: (Structure, Side) = (Structure::SkeletalMuscle, Side::None);
const PSOAS: [(Structure, Side); 2] = [(Structure::PsoasMajor, Side::Left), (Structure::PsoasMajor, Side::Right)];
const ALL: [(Structure, Side); 6] = [L2, L3, L4, MUSCLE, PSOAS[0], PSOAS[1]];

fn uncertainty(variance: f64, usual_variance: Option<f64>, predicted_dice: Option<f64>) -> StructureUncertainty {
    StructureUncertainty { variance, usual_variance, predicted_dice }
}

/// Every label is sure, but for those named.
fn doubts(of: &[((Structure, Side), StructureUncertainty)]) -> Doubts {
    let sure = ALL.map(|label| (label, uncertainty(0.001, Some(0.002), Some(0.95))));
    Doubts { structures: sure.into_iter().chain(of.iter().copied()).collect(), ..Doubts::default() }
}

fn measured(doubts: Doubts) -> Measured {
    with_left_psoas(8.0, doubts)
}

/// L2 to L4 40 mm apart, a psoas on either side, the left one of a radius, and a band of muscle behind.
fn with_left_psoas(radius: f64, doubts: Doubts) -> Measured {
    let grid =
        Grid { shape: [69, 71, 61], origin: [-60.0, -50.0, -68.0], steps: [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]] };
    let psoas = |x0: f64, radius: f64| move |[x, y, z]: Lps| (x - x0).hypot(y) <= radius && z.abs() <= 40.0;
    let band = |[x, y, z]: Lps| x.abs() <= 30.0 && (66.0..=78.0).contains(&y) && z.abs() <= 40.0;
    let level = |centre: f64| move |[x, y, z]: Lps| in_vertebra([x, y, z - centre]);
    let bone = |point: Lps| [40.0, 0.0, -40.0].into_iter().any(|centre| level(centre)(point));
    let masks = vec![
        mask(&grid, Structure::L2, Side::None, level(40.0)),
        mask(&grid, Structure::L3, Side::None, level(0.0)),
        mask(&grid, Structure::L4, Side::None, level(-40.0)),
        mask(&grid, Structure::PsoasMajor, Side::Left, psoas(36.0, radius)),
        mask(&grid, Structure::PsoasMajor, Side::Right, psoas(-36.0, 8.0)),
        mask(&grid, Structure::SkeletalMuscle, Side::None, band),
    ];
    let image = volume(&grid, |point| if bone(point) { 200.0 } else { 50.0 });
    let mut labels = labels(&grid, masks);
    labels.doubts = doubts;
    Case::default().measure(&image, &labels)
}

fn finding(measured: &Measured, (structure, side): (Structure, Side)) -> &Finding {
    measured.findings.iter().find(|one| (one.structure, one.side) == (structure, side)).expect("measured")
}

fn warnings(measured: &Measured) -> Vec<&Quality> {
    measured.quality.iter().filter(|quality| quality.code == GateCode::Uncertain).collect()
}

fn withheld(finding: &Finding, quantity: Quantity) -> Option<GateCode> {
    finding.not_measured.iter().find(|one| one.quantities.contains(&quantity)).map(|one| one.code)
}

#[test]
fn below_a_predicted_dice_of_0_6_there_are_no_values_and_below_0_8_there_is_a_warning() {
    let psoas = |dice: f64| measured(doubts(&[(PSOAS[0], uncertainty(0.001, Some(0.002), Some(dice)))]));
    for (dice, valued, warned) in [(0.599, false, false), (0.6, true, true), (0.799, true, true), (0.8, true, false)] {
        let measured = psoas(dice);
        let left = finding(&measured, PSOAS[0]);
        assert_eq!(left.measurements.is_empty(), !valued, "{dice}");
        assert_eq!(left.not_measured.iter().any(|one| one.code == GateCode::Uncertain), !valued, "{dice}");
        let found: Vec<_> = warnings(&measured).iter().map(|quality| quality.found).collect();
        assert_eq!(found, if warned { vec![Some(dice)] } else { vec![] });
        assert!(!finding(&measured, PSOAS[1]).measurements.is_empty(), "the other side is sure");
    }
    let measured = psoas(0.512);
    let reason = &finding(&measured, PSOAS[0]).not_measured[0];
    assert!(reason.reason.contains("0.51") && reason.reason.contains("0.6") && reason.found == Some(0.512), "{reason:?}");
}

#[test]
fn what_nobody_has_checked_is_not_measured_however_sure_the_model_is() {
    let measured = measured(Doubts { unchecked: PSOAS.into(), ..doubts(&[]) });
    for psoas in PSOAS.map(|label| finding(&measured, label)) {
        assert!(psoas.measurements.is_empty());
        assert!(psoas.not_measured.iter().all(|one| one.code == GateCode::Uncertain), "{:?}", psoas.not_measured);
    }
    assert!(!finding(&measured, L3).measurements.is_empty());
}

#[test]
fn what_only_passes_could_judge_is_not_measured_without_them() {
    let measured = measured(Doubts { without_passes: PSOAS.into(), ..Doubts::default() });
    for psoas in PSOAS.map(|label| finding(&measured, label)) {
        assert!(psoas.measurements.is_empty());
        let said = |reason: &str| reason.contains("without passes");
        assert!(psoas.not_measured.iter().all(|one| one.code == GateCode::Uncertain && said(&one.reason)), "{psoas:?}");
    }
    assert!(!finding(&measured, L3).measurements.is_empty());
}

#[test]
fn of_a_patient_whom_the_model_does_not_know_only_what_somebody_drew_is_measured() {
    let codes = |age: Option<f64>| {
        let mut doubts =
            Doubts { model: Some("m 1".to_owned()), least_age_years: Some(18.0), corrected: [PSOAS[0]].into(), ..doubts(&[]) };
        let remark = doubts.judge_age(age).map(|remark| remark.code);
        let measured = measured(doubts);
        let withheld = |label| finding(&measured, label).not_measured.iter().any(|one| one.code == GateCode::Child);
        let valued = measured.findings.iter().filter(|one| !one.measurements.is_empty()).count();
        ([PSOAS[0], PSOAS[1], L3].map(withheld), valued, remark)
    };
    assert_eq!(codes(Some(17.0)), ([false, true, true], 1, Some(GateCode::Child)));
    let (withheld, valued, remark) = codes(Some(18.0));
    assert!(withheld == [false; 3] && valued > 1 && remark.is_none(), "{withheld:?} {valued}");
    assert_eq!(codes(None), (withheld, valued, Some(GateCode::Age)), "nobody said how old");
}

#[test]
fn a_pair_of_muscles_that_a_model_made_unlike_is_withheld_on_both_sides() {
    let withheld = |radius: f64, doubts: Doubts| {
        let measured = with_left_psoas(radius, doubts);
        PSOAS.map(|label| finding(&measured, label).not_measured.iter().any(|one| one.code == GateCode::Uncertain))
    };
    let made = |corrected: &[(Structure, Side)]| Doubts {
        model: Some("m 1".to_owned()),
        corrected: corrected.iter().copied().collect(),
        ..doubts(&[])
    };
    // 39 % and 77 % of the other side.
    assert_eq!(withheld(5.0, made(&[])), [true; 2]);
    assert_eq!(withheld(7.0, made(&[])), [false; 2]);
    assert_eq!(withheld(5.0, made(&PSOAS[..1])), [false; 2], "somebody drew the smaller one");
    assert_eq!(withheld(5.0, doubts(&[])), [false; 2], "these labels are nobody's model's");
    let warned = |radius: f64, doubts: Doubts| {
        let measured = with_left_psoas(radius, doubts);
        warnings(&measured).iter().filter(|one| one.message.contains("check both labels")).count()
    };
    assert_eq!([5.0, 7.0, 8.0].map(|radius| warned(radius, made(&[]))), [0, 1, 0]);
    assert_eq!([warned(7.0, made(&PSOAS[..1])), warned(7.0, doubts(&[]))], [0, 0]);
}

#[test]
fn what_the_model_left_out_is_listed_without_values() {
    let minimus = (Structure::GluteusMinimus, Side::Left);
    let left_out = [(minimus, "it is fat"), ((Structure::Femur, Side::Right), "it is far"), (PSOAS[0], "it is labelled")];
    let left_out = left_out.map(|(label, reason)| (label, reason.to_owned())).into();
    let measured = measured(Doubts { left_out, ..doubts(&[]) });
    for (label, reason) in
        [(minimus, "left gluteus minimus was left out: it is fat"), ((Structure::Femur, Side::Right), "right femur")]
    {
        let finding = finding(&measured, label);
        assert!(finding.measurements.is_empty());
        let said = |one: &plugin_core::report::NotMeasured| one.code == GateCode::NotLabelled && one.reason.contains(reason);
        assert!(!finding.not_measured.is_empty() && finding.not_measured.iter().all(said), "{finding:?}");
    }
    assert_eq!(measured.findings.iter().filter(|one| (one.structure, one.side) == PSOAS[0]).count(), 1);
    assert!(!finding(&measured, PSOAS[0]).measurements.is_empty());
}

#[test]
fn a_label_of_a_model_ends_farther_from_the_edge_than_one_that_somebody_drew() {
    let withheld = |slices: usize, doubts: Doubts| {
        let grid = Grid {
            shape: [slices, 71, 61],
            origin: [-60.0, -50.0, -68.0],
            steps: [[0.0, 0.0, 1.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]],
        };
        let psoas = |[x, y, z]: Lps| (x - 20.0).hypot(y) <= 8.0 && (-40.0..=40.0).contains(&z);
        let mut labels = labels(&grid, vec![mask(&grid, Structure::PsoasMajor, Side::Left, psoas)]);
        labels.doubts = doubts;
        let measured = Case::default().measure(&volume(&grid, |_| 50.0), &labels);
        finding(&measured, PSOAS[0]).not_measured.iter().any(|one| one.code == GateCode::BorderMask)
    };
    let made = || Doubts { model: Some("m 1".to_owned()), ..doubts(&[]) };
    // The muscle ends at slice 108 of 0, 1, ...: so many slices of 1 mm lie beyond it.
    let beyond = |planes: usize| 109 + planes;
    assert_eq!([2, 3, 4, 5].map(|planes| withheld(beyond(planes), made())), [true, true, true, false]);
    assert_eq!([2, 3, 4, 5].map(|planes| withheld(beyond(planes), doubts(&[]))), [true, false, false, false]);
}

#[test]
fn caveats_of_the_model_are_told_with_and_without_passes() {
    for structures in [doubts(&[]).structures, Doubts::default().structures] {
        let measured = measured(Doubts { structures, caveats: vec!["too large".to_owned()], ..Doubts::default() });
        assert_eq!(warnings(&measured).iter().map(|quality| quality.message.as_str()).collect::<Vec<_>>(), ["too large"]);
    }
}

#[test]
fn a_variance_above_the_usual_one_warns_with_and_without_coefficients() {
    let said = |variance, usual, dice| {
        let measured = measured(doubts(&[(PSOAS[1], uncertainty(variance, usual, dice))]));
        warnings(&measured).iter().map(|quality| quality.found).collect::<Vec<_>>()
    };
    assert_eq!(said(0.003, Some(0.002), None), [Some(0.003)]);
    assert_eq!(said(0.003, Some(0.002), Some(0.9)), [Some(0.003)]);
    assert_eq!(said(0.003, Some(0.002), Some(0.7)), [Some(0.7)]);
    assert_eq!(said(0.002, Some(0.002), None), []);
    assert_eq!(said(0.000_1, None, Some(0.9)), []);
}

#[test]
fn labels_whose_worth_the_model_does_not_state_are_named_together() {
    let unknown = PSOAS.map(|label| (label, uncertainty(0.000_1, None, None)));
    let measured = measured(doubts(&unknown));
    let [one] = warnings(&measured)[..] else { panic!("one warning: {:?}", measured.quality) };
    assert!(one.message.contains("left psoas major, right psoas major; check them") && one.found == Some(2.0), "{one:?}");
    assert!(!finding(&measured, PSOAS[0]).measurements.is_empty());
}

#[test]
fn a_finding_says_the_figures_of_its_label_and_none_where_nobody_said() {
    let measured_ = measured(doubts(&[(PSOAS[0], uncertainty(0.001_234_567, None, Some(0.876_543_21)))]));
    let said = Uncertainty::MonteCarloDropout { predictive_variance: 0.001_234_57, predicted_dice: Some(0.876_543) };
    assert_eq!(finding(&measured_, PSOAS[0]).uncertainty, said);
    assert!(measured(Doubts::default()).findings.iter().all(|one| one.uncertainty == Uncertainty::None));
}

#[test]
fn the_spine_rests_on_the_levels_that_entered() {
    let measured = measured(doubts(&[
        (L2, uncertainty(0.01, Some(0.002), Some(0.5))),
        (L3, uncertainty(0.003, Some(0.004), Some(0.85))),
        (L4, uncertainty(0.002, Some(0.004), Some(0.81))),
    ]));
    assert!(finding(&measured, L2).measurements.is_empty());
    let spine = finding(&measured, (Structure::LumbarSpine, Side::None));
    assert!(spine.value(Region::Trabecular, Quantity::AttenuationMean).is_some());
    let worst = Uncertainty::MonteCarloDropout { predictive_variance: 0.003, predicted_dice: Some(0.81) };
    assert_eq!(spine.uncertainty, worst);
    assert!(measured.quality.iter().any(|one| one.code == GateCode::LevelsFew && one.message.contains("L2: UNCERT")));
    assert!(warnings(&measured).is_empty());
}

#[test]
fn the_slice_through_l3_lacks_what_rests_on_an_uncertain_label() {
    const BODY: (Structure, Side) = (Structure::Body, Side::None);
    let bad = uncertainty(0.02, Some(0.002), Some(0.4));
    let without_muscle = measured(doubts(&[(MUSCLE, bad), (PSOAS[1], uncertainty(0.0015, None, None))]));
    let body = finding(&without_muscle, BODY);
    assert_eq!(withheld(body, Quantity::SkeletalMuscleArea), Some(GateCode::Uncertain));
    assert!(body.value(Region::L3Slice, Quantity::PsoasArea).is_some());
    // One of the labels has no predicted Dice, so all together have none.
    assert_eq!(body.uncertainty, Uncertainty::MonteCarloDropout { predictive_variance: 0.0015, predicted_dice: None });

    let without_slice = measured(doubts(&[(L3, bad)]));
    let body = finding(&without_slice, BODY);
    assert!(body.measurements.is_empty() && body.uncertainty == Uncertainty::None, "{body:?}");
    assert_eq!(withheld(body, Quantity::PsoasArea), Some(GateCode::Uncertain));
}

#[test]
fn a_doubtful_numbering_withholds_every_level_and_says_why() {
    let doubt = "the sacrum is not in the image: counting began at the lowest body";
    let measured = measured(Doubts { numbering: Some(doubt.to_owned()), ..Doubts::default() });
    for level in [L2, L3, L4] {
        let level = finding(&measured, level);
        assert!(level.measurements.is_empty());
        let said = |reason: &str| reason.contains(doubt) && reason.ends_with("would do");
        assert!(level.not_measured.iter().all(|one| one.code == GateCode::LevelAmbiguous && said(&one.reason)), "{level:?}");
    }
    assert!(!finding(&measured, PSOAS[0]).measurements.is_empty());
}

/// Of labels of a model that were written, partly corrected, and read again.
#[test]
fn whose_the_labels_are_is_said_of_those_that_came_back() {
    let of_model = Doubts { model: Some("some-model 1.0".to_owned()), ..doubts(&[]) };
    let said = |doubts: &Doubts| {
        let measured = measured(doubts.clone());
        let found = warnings(&measured).into_iter().find(|quality| quality.message.contains("some-model 1.0")).cloned();
        found.expect("a sentence")
    };
    let unchanged = said(&of_model);
    assert!(unchanged.severity == Severity::Info && unchanged.message.contains("unchanged"), "{unchanged:?}");
    let corrected = said(&Doubts { corrected: [PSOAS[0]].into(), ..of_model.clone() });
    assert!(corrected.message.contains("left psoas major") && corrected.found == Some(1.0), "{corrected:?}");
    // Whoever corrected a vertebra looked at it; the report still says that the levels rest on that.
    let settled = measured(Doubts { corrected: [L3].into(), settled_numbering: Some("why".to_owned()), ..of_model.clone() });
    assert!(!finding(&settled, L3).measurements.is_empty());
    let trusted: Vec<_> = settled.quality.iter().filter(|quality| quality.message.contains("taken as checked")).collect();
    assert_eq!(trusted.iter().map(|quality| quality.code).collect::<Vec<_>>(), [GateCode::LevelAmbiguous]);
    let doubted = measured(Doubts { numbering: Some("why".to_owned()), ..of_model });
    assert_eq!(withheld(finding(&doubted, L3), Quantity::AttenuationMean), Some(GateCode::LevelAmbiguous));
}
