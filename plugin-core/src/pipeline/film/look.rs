//! Looking at a film: what its headers, its grey values and the locator say before a hip is taken apart.

use super::heads::{Shown, heads};
use super::of_model;
use super::report::Judged;
use crate::anatomy::Side;
use crate::pipeline::Error;
use crate::read::{Inputs, Laterality, Radiograph, RadiographHeader, read_radiograph};
use crate::report::digits;
use crate::report::{Block, GateCode, Quality, SeenView};
use crate::segmentation::decomposition::{HipNetworks, Located};
use crate::segmentation::film::{Attenuation, Film, Orientation, Scale, attenuation, film, implant, metal};
use crate::settings::{FilmSide, XraySettings};

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
    let is_orientation_given = lies_as_given(header, given);
    let header = as_given(header, given);
    let radiograph = read_radiograph(inputs, &header)?;
    let mut judged = Judged::default();
    let look = match film(&header) {
        Err(blocks) => Err(blocks),
        Ok(mut film) => {
            judged.quality = std::mem::take(&mut film.quality);
            judged.quality.extend(is_orientation_given.then(orientation_given));
            judged.scale = Some(film.scale.clone());
            shown(&radiograph, film, networks, &mut judged)?
        }
    };
    Ok(Looked { header, radiograph, judged, look })
}

/// `header` with what the user states in place of what it says.
pub(super) fn as_given(header: &RadiographHeader, given: &XraySettings) -> RadiographHeader {
    let mut header = header.clone();
    if let Some(side) = given.side {
        header.view.lateralities = vec![match side {
            FilmSide::Left => Laterality::One(Side::Left),
            FilmSide::Right => Laterality::One(Side::Right),
            FilmSide::Both => Laterality::Both,
        }];
    }
    if lies_as_given(&header, given) {
        header.view.patient_orientation = Some(["L".to_owned(), "F".to_owned()]);
    }
    header.geometry.magnification_given = given.magnification;
    header
}

/// Who states both sides states which half is which.
fn lies_as_given(header: &RadiographHeader, given: &XraySettings) -> bool {
    given.side == Some(FilmSide::Both) && header.view.patient_orientation.is_none()
}

fn orientation_given() -> Quality {
    let message = "Patient Orientation (0020,0020) is absent: the film lies as an AP film is read, with feet down and the patient's \
                   left at the right, because it was stated to show both hips so";
    Quality::warning(GateCode::Laterality, message.to_owned(), None)
}

/// What the pixels say against measuring, or the hips.
fn shown(
    radiograph: &Radiograph,
    Film { orientation, hips, scale, .. }: Film,
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
    let is_orientation_stated = radiograph.header.view.patient_orientation.is_some();
    let found = heads(&located, hips, &Shown { attenuation: &attenuation, orientation, is_orientation_stated, scale: &scale });
    let found = match found {
        Ok(found) => found,
        Err(block) => return Ok(Err(vec![block])),
    };
    let pieces = metal(&attenuation, &scale);
    let seen = found.into_iter().map(|(side, head)| {
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
