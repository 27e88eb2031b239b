//! What a manifest must not say. Every rule is a sentence that names what was found and what would do.

use super::{Channel, ChannelKind, Decomposition, Errors, HipManifest, Locator, Percentiles, SCHEMA, Subject};
use crate::report::Region;
use crate::segmentation::model::manifest::check::{dropout, named, network, repeated, schema, tensors, texts};

/// Regions that a model may give.
const REGIONS: [Region; 2] = [Region::FemoralNeck, Region::TotalHip];
/// Edge of an image in pixels.
const EDGE: std::ops::RangeInclusive<usize> = 16..=1024;
/// Side of a pixel in millimetres.
const SPACING: std::ops::RangeInclusive<f64> = 0.1..=10.0;
/// Images of one output.
const MOST_CHANNELS: usize = 64;
/// Numbers of one output; all passes are kept until they are measured.
const MOST_VALUES: usize = 1 << 21;
/// Views that are told apart.
const MOST_VIEWS: usize = 32;
/// The view that is measured.
pub(in crate::segmentation::decomposition) const MEASURED_VIEW: &str = "ap";

/// The first thing that is wrong with `manifest`.
pub(super) fn contradiction(manifest: &HipManifest) -> Option<String> {
    schema(&manifest.schema, SCHEMA)
        .or_else(|| named(&manifest.name, &manifest.version))
        .or_else(|| texts([("description", &manifest.description), ("licence", &manifest.licence)]))
        .or_else(|| texts(manifest.attribution.iter().map(|line| ("attribution", line))))
        .or_else(|| {
            manifest.caveats.is_empty().then(|| "caveats is empty; accepted: at least what it was trained on".to_owned())
        })
        .or_else(|| texts(manifest.caveats.iter().map(|line| ("caveats", line))))
        .or_else(|| locator(&manifest.locator))
        .or_else(|| decomposition(&manifest.decomposition))
        .or_else(|| calibration(manifest))
        .or_else(|| errors(&manifest.errors))
}

fn locator(locator: &Locator) -> Option<String> {
    let outputs = [&locator.outputs.heads, &locator.outputs.view];
    network(&locator.network)
        .or_else(|| tensors([&locator.input], locator.dropout.as_ref(), outputs))
        .or_else(|| locator.dropout.as_ref().and_then(dropout))
        .or_else(|| size("locator", locator.size))
        .or_else(|| percentiles(locator.normalisation))
        .or_else(|| texts(locator.views.iter().map(|view| ("locator.views", view))))
        .or_else(|| repeated(locator.views.iter()).map(|view| format!("locator.views has \"{view}\" twice")))
        .or_else(|| {
            let known = locator.views.iter().any(|view| view == MEASURED_VIEW);
            let fits = (2..=MOST_VIEWS).contains(&locator.views.len()) && known;
            (!fits).then(|| {
                format!("locator.views is {:?}; accepted: 2 to {MOST_VIEWS}, {MEASURED_VIEW} among them", locator.views)
            })
        })
}

fn decomposition(network_of: &Decomposition) -> Option<String> {
    network(&network_of.network)
        .or_else(|| tensors([&network_of.input], network_of.dropout.as_ref(), [&network_of.output]))
        .or_else(|| network_of.dropout.as_ref().and_then(dropout))
        .or_else(|| size("decomposition", network_of.size))
        .or_else(|| percentiles(network_of.normalisation))
        .or_else(|| {
            let spacing = network_of.pixel_spacing_mm;
            let (least, most) = (SPACING.start(), SPACING.end());
            (!SPACING.contains(&spacing)).then(|| format!("pixel_spacing_mm is {spacing}; accepted: {least} to {most}"))
        })
        .or_else(|| {
            let inside = |axis: usize| (0.0..network_of.size[axis] as f64).contains(&network_of.centre[axis]);
            (!(inside(0) && inside(1)))
                .then(|| format!("centre is {:?}; accepted: a pixel of {:?}", network_of.centre, network_of.size))
        })
        .or_else(|| channels(&network_of.channels))
        .or_else(|| {
            let values = network_of.size.iter().product::<usize>() * network_of.channels.len();
            (values > MOST_VALUES).then(|| format!("an output has {values} numbers; accepted: at most {MOST_VALUES}"))
        })
}

fn size(what: &str, size: [usize; 2]) -> Option<String> {
    let wrong = size.iter().find(|edge| !EDGE.contains(edge))?;
    Some(format!("{what}.size has an edge of {wrong} pixels; accepted: {} to {}", EDGE.start(), EDGE.end()))
}

fn percentiles(Percentiles { lower_percentile: lower, upper_percentile: upper }: Percentiles) -> Option<String> {
    let fits = (0.0..=100.0).contains(&lower) && (0.0..=100.0).contains(&upper) && lower < upper;
    (!fits).then(|| format!("normalisation has the percentiles {lower} and {upper}; accepted: 0 to 100, the smaller first"))
}

fn channels(channels: &[Channel]) -> Option<String> {
    if !(1..=MOST_CHANNELS).contains(&channels.len()) {
        return Some(format!("channels has {} entries; accepted: 1 to {MOST_CHANNELS}", channels.len()));
    }
    if let Some(problem) = channels.iter().find_map(channel) {
        return Some(problem);
    }
    let meant = |channel: &Channel| (channel.kind, channel.structure, channel.region);
    if let Some((kind, ..)) = repeated(channels.iter().map(meant)) {
        return Some(format!("two channels are the same {}", kind.name()));
    }
    let has = |kind, subject| channels.iter().any(|channel| (channel.kind, channel.structure) == (kind, Some(subject)));
    let needed =
        [ChannelKind::ArealDensity, ChannelKind::Thickness].into_iter().find(|kind| !has(*kind, Subject::ProximalFemur));
    needed.map(|kind| format!("no channel is the {} of proximal_femur, from which its density is measured", kind.name()))
}

fn channel(channel: &Channel) -> Option<String> {
    let name = channel.name.escape_default();
    if !(channel.scale.is_finite() && channel.scale > 0.0) {
        return Some(format!("the scale of the channel {name} is {}; accepted: above 0", channel.scale));
    }
    if channel.unit != channel.kind.unit() {
        let (unit, accepted) = (channel.unit.escape_default(), channel.kind.unit());
        return Some(format!("the unit of the channel {name} is \"{unit}\"; accepted of {}: {accepted}", channel.kind.name()));
    }
    let fits = match (channel.kind, channel.structure, channel.region) {
        (ChannelKind::Region, None, Some(region)) => REGIONS.contains(&region) && channel.scale == 1.0,
        (ChannelKind::ArealDensity, Some(Subject::Bone | Subject::ProximalFemur), None) => true,
        (ChannelKind::DxaDensity, Some(Subject::ProximalFemur), None) => true,
        (ChannelKind::Thickness, Some(subject), None) => subject != Subject::Bone,
        (ChannelKind::Lean, Some(subject), None) => !matches!(subject, Subject::Bone | Subject::ProximalFemur),
        _ => false,
    };
    (!fits).then(|| {
        format!(
            "the channel {name} is the {} of something that has none; accepted: areal_density of bone or proximal_femur, \
             dxa_density of proximal_femur, thickness of proximal_femur or a muscle, lean of a muscle, region femoral_neck or \
             total_hip with the scale 1",
            channel.kind.name()
        )
    })
}

/// A region that is given must have its line and an image.
fn calibration(manifest: &HipManifest) -> Option<String> {
    for region in REGIONS {
        let name = region.name();
        match (manifest.region(region), manifest.calibration.get(&region)) {
            (None, None) => {}
            (Some(_), Some(line)) => {
                let usable = line.slope.is_finite() && line.slope > 0.0 && line.intercept.is_finite();
                if !usable {
                    let (slope, intercept) = (line.slope, line.intercept);
                    return Some(format!(
                        "calibration.{name} is {slope} x {intercept:+}; accepted: a slope above 0 and a finite intercept"
                    ));
                }
            }
            _ => return Some(format!("{name} has not both of channel and calibration; accepted: both or none of them")),
        }
    }
    other_region(manifest.calibration.keys())
}

fn errors(errors: &Errors) -> Option<String> {
    let of_regions = errors.regions.iter().map(|(region, stated)| (region.name(), stated));
    let of_muscles = errors.muscles.iter().map(|(muscle, stated)| (muscle.name(), stated));
    let mut all =
        of_regions.chain(of_muscles).flat_map(|(of, stated)| stated.iter().map(move |(what, error)| (of, what, error)));
    let wrong = all.find(|(_, _, error)| !(error.is_finite() && **error > 0.0));
    wrong
        .map(|(of, quantity, error)| format!("the error of {of} {} is {error}; accepted: above 0", quantity.name()))
        .or_else(|| other_region(errors.regions.keys()))
}

fn other_region<'a>(mut keys: impl Iterator<Item = &'a Region>) -> Option<String> {
    let other = keys.find(|region| !REGIONS.contains(region))?;
    Some(format!("{} is no region of a hip film; accepted: femoral_neck, total_hip", other.name()))
}
