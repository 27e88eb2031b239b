//! Looking at a film: what its headers, its grey values and the locator say before a hip is taken apart.

use super::of_model;
use super::report::Judged;
use crate::anatomy::Side;
use crate::pipeline::Error;
use crate::read::{Inputs, Laterality, Radiograph, RadiographHeader, read_radiograph};
use crate::report::digits;
use crate::report::{Block, GateCode, SeenView};
use crate::segmentation::decomposition::{HipNetworks, Located};
use crate::segmentation::film::{
    Attenuation, Film, Hips, MagnificationSource, Orientation, Scale, attenuation, film, implant, metal,
};
use crate::settings::XraySettings;

/// Nearer to each other no two femoral heads of an adult lie: half of what is common.
const LEAST_APART_MM: f64 = 80.0;

/// A film that was looked at.
pub(super) struct Looked {
    /// As the user completed it.
    pub header: RadiographHeader,
    pub radiograph: Radiograph,
    /// What the report says of it.
    pub judged: Judged,
    /// The hips, or what speaks against measuring any.
    pub look: Result<Look, Vec<Block>>,
}

/// A film whose hips may be taken apart.
pub(super) struct Look {
    pub attenuation: Attenuation,
    pub orientation: Orientation,
    pub scale: Scale,
    /// The hips that it should show, the patient's right first.
    pub hips: Vec<(Side, Result<Seen, Block>)>,
}

/// A hip that was found.
pub(super) struct Seen {
    /// Centre of the femoral head, row and column of the film.
    pub head: [f64; 2],
}

/// Looks at the film of `header`.
pub(super) fn look(
    inputs: &Inputs<'_>,
    header: &RadiographHeader,
    networks: &mut HipNetworks<'_>,
    given: &XraySettings,
) -> Result<Looked, Error> {
    let header = as_given(header, given);
    let radiograph = read_radiograph(inputs, &header)?;
    let mut judged = Judged::default();
    let look = match film(&header) {
        Err(blocks) => Err(blocks),
        Ok(Film { orientation, hips, scale, quality }) => {
            judged.quality = quality;
            judged.magnification_given =
                given.magnification.is_some() && scale.magnification.source == MagnificationSource::EstimatedFactor;
            if judged.magnification_given {
                // What the header's factor would mean does not matter.
                judged.quality.retain(|remark| remark.code != GateCode::Magnification);
            }
            judged.scale = Some(scale.clone());
            shown(&radiograph, (orientation, hips, scale), networks, &mut judged)?
        }
    };
    Ok(Looked { header, radiograph, judged, look })
}

/// `header` with what the user states in place of what it says.
pub(super) fn as_given(header: &RadiographHeader, given: &XraySettings) -> RadiographHeader {
    let mut header = header.clone();
    if let Some(side) = given.side {
        header.view.lateralities = vec![Laterality::One(side)];
    }
    if let Some(factor) = given.magnification {
        header.geometry.magnification = Some(factor);
        // The factor is that of the hip, even if it is the ratio of the header's distances.
        header.geometry.source_to_patient = None;
        // A spacing that somebody calibrated in the patient would go before the factor.
        if header.geometry.imager_pixel_spacing.is_some() {
            header.geometry.pixel_spacing = None;
        }
    }
    header
}

/// What the pixels say against measuring, or the hips.
fn shown(
    radiograph: &Radiograph,
    (orientation, hips, scale): (Orientation, Hips, Scale),
    networks: &mut HipNetworks<'_>,
    judged: &mut Judged,
) -> Result<Result<Look, Vec<Block>>, Error> {
    let (attenuation, remarks) = match attenuation(radiograph) {
        Ok(found) => found,
        Err(block) => return Ok(Err(vec![block])),
    };
    judged.quality.extend(remarks);
    let located = networks.locate(&attenuation, orientation, &scale).map_err(of_model)?;
    let (name, probability) = located.view();
    judged.view = Some(SeenView { name: name.to_owned(), probability: digits(probability, 3) });
    if !located.is_measurable() {
        return Ok(Err(vec![other_view(&located)]));
    }
    if let Some(block) = one_head_for_two(&located, hips, &scale) {
        return Ok(Err(vec![block]));
    }
    let pieces = metal(&attenuation, &scale);
    let seen = places(&located, hips).into_iter().map(|(side, head)| {
        let Some(head) = head else { return (side, Err(no_head(side))) };
        (side, implant(&pieces, (side, head), &scale).map_or(Ok(Seen { head }), Err))
    });
    let hips: Vec<(Side, Result<Seen, Block>)> = seen.collect();
    if hips.iter().all(|(_, seen)| matches!(seen, Err(block) if block.code == GateCode::NotLabelled)) {
        let reason = "the model found the head of no femur on the film; accepted: an AP film of hip or pelvis".to_owned();
        return Ok(Err(vec![Block { code: GateCode::View, reason, found: None }]));
    }
    Ok(Ok(Look { attenuation, orientation, scale, hips }))
}

/// The locator looks for each side by itself, and may take one head for both.
fn one_head_for_two(located: &Located, hips: Hips, scale: &Scale) -> Option<Block> {
    let [right, left] = located.heads;
    if hips != Hips::Both || !right.is_found() || !left.is_found() {
        return None;
    }
    let along = |axis: usize| (right.centre[axis] - left.centre[axis]) * scale.pixel_mm[axis];
    let apart = along(0).hypot(along(1));
    let reason = format!(
        "the model takes one place for the right and the left femoral head, or two that are {apart:.0} mm apart; accepted: a film of both \
         hips whose heads are at least {LEAST_APART_MM} mm apart, or a film of one hip whose side is stated"
    );
    (apart < LEAST_APART_MM).then_some(Block { code: GateCode::Laterality, reason, found: Some(digits(apart, 1)) })
}

/// Of every hip that the film should show, its side and the centre of its head, where one was found.
fn places(located: &Located, hips: Hips) -> Vec<(Side, Option<[f64; 2]>)> {
    let [right, left] = located.heads;
    match hips {
        Hips::Both => [(Side::Right, right), (Side::Left, left)]
            .map(|(side, head)| (side, head.is_found().then_some(head.centre)))
            .to_vec(),
        // A film of one hip shows it in either half.
        Hips::One(side) => {
            let head = if right.probability > left.probability { right } else { left };
            vec![(side, head.is_found().then_some(head.centre))]
        }
    }
}

fn other_view(located: &Located) -> Block {
    let (name, probability) = located.view();
    let least = Located::LEAST_PROBABILITY;
    let reason = match name == Located::MEASURED_VIEW {
        true => format!(
            "the model takes the film for an AP view with a probability of {probability:.2}; accepted: {least} and more"
        ),
        false => {
            format!("the model takes the film for another view, {name}, with a probability of {probability:.2}; accepted: AP")
        }
    };
    Block { code: GateCode::View, reason, found: Some(digits(probability, 3)) }
}

fn no_head(side: Side) -> Block {
    let reason = format!("the model found no {} femoral head on the film", side.name());
    Block { code: GateCode::NotLabelled, reason, found: None }
}
