//! One vertebra: everything that is taken of it, and which gate withholds which part.

use super::body::{Body, BodyError};
use super::heights::{self, Heights};
use super::mineral::{self, Contents};
use super::projection;
use super::trabecular::{self, Trabecular};
use crate::anatomy::{Side, Structure};
use crate::calibration::Conversion;
use crate::geometry::{Lps, subtract, unit};
use crate::measure::gates::{Gates, Tilt, not_calibrated};
use crate::measure::{Subject, left_out};
use crate::report::{Block, Finding, GateCode, Measurement, NotMeasured, Quantity, Region};
use crate::segmentation::StructureMask;
use crate::units::{Cm2, Cm3, Material};

/// One vertebra's labelled voxels, reduced to the largest component.
pub(super) struct Vertebra {
    pub structure: Structure,
    pub component: StructureMask,
    pub centroid: Lps,
}

/// One level, before its neighbours' heights are looked at.
pub(super) struct Level {
    structure: Structure,
    /// By the label alone.
    volume: Result<Cm3, Block>,
    figures: Result<Figures, Block>,
}

/// What stands where the vertebral body was found.
pub(super) struct Figures {
    pub heights: Heights,
    pub tilt: Tilt,
    pub trabecular: Result<Trabecular, Block>,
    body: Contents,
    whole: Contents,
    area: Cm2,
}

const TRABECULAR: [Quantity; 7] = [
    Quantity::AttenuationMean,
    Quantity::AttenuationMedian,
    Quantity::AttenuationSd,
    Quantity::Volume,
    Quantity::DensityMean,
    Quantity::DensityMedian,
    Quantity::DensitySd,
];
/// Of the vertebral body; what depends on HU.
const BODY: [Quantity; 3] = [Quantity::AttenuationMean, Quantity::DensityMean, Quantity::MineralContent];
/// Of the vertebral body; what does not.
const SIZE: [Quantity; 4] = [Quantity::Volume, Quantity::AnteriorHeight, Quantity::MiddleHeight, Quantity::PosteriorHeight];
const RATIOS: [Quantity; 3] = [Quantity::AnteriorHeightRatio, Quantity::MiddleHeightRatio, Quantity::NeighbourHeightRatio];
/// Of the whole vertebra, beside its volume.
const WHOLE: [Quantity; 5] =
    [Quantity::AttenuationMean, Quantity::Area, Quantity::DensityMean, Quantity::MineralContent, Quantity::ArealDensity];

impl Level {
    pub fn measure(structure: Structure, subject: &Subject<'_>, column: &[Vertebra], gates: &Gates<'_>) -> Level {
        let mask = subject.labels.masks.iter().find(|mask| mask.structure == structure);
        let place = column.iter().position(|vertebra| vertebra.structure == structure);
        let block = match (mask, place) {
            (Some(mask), Some(place)) => match gates.vertebra(mask) {
                None => {
                    let volume = Cm3(mask.count() as f64 * Cm3::from(subject.labels.grid.voxel_volume()).0);
                    let thin = gates.vertebra_thickness().map_or(Ok(()), Err);
                    let figures = thin.and_then(|()| Figures::measure(subject, column, place));
                    return Level { structure, volume: Ok(volume), figures };
                }
                Some(block) => block,
            },
            _ => left_out::block(subject.labels, structure, Side::None).unwrap_or_else(|| Block {
                code: GateCode::NotLabelled,
                reason: format!("the labels hold no {}", structure.english()),
                found: None,
            }),
        };
        Level { structure, volume: Err(block.clone()), figures: Err(block) }
    }

    /// Figures, where the body was found.
    pub fn figures(&self) -> Option<&Figures> {
        self.figures.as_ref().ok()
    }

    /// The trabecular region, where `findings` report values of it.
    pub fn trabecular_of(self, findings: &[Finding]) -> Option<Trabecular> {
        let reported = findings.iter().find(|finding| finding.structure == self.structure)?;
        reported.value(Region::Trabecular, Quantity::AttenuationMean)?;
        self.figures.ok()?.trabecular.ok()
    }

    /// `neighbours` are the heights of the levels directly above and below.
    pub fn finding(&self, neighbours: &[Heights], conversion: Option<&Conversion>) -> Finding {
        let mut finding = Finding::new(self.structure, Side::None);
        match &self.volume {
            Ok(volume) => finding.measurements.push(Measurement::new(Region::Whole, Quantity::Volume, volume.0, "voxel-sum/1")),
            Err(block) => withhold(&mut finding, Region::Whole, &[Quantity::Volume], block),
        }
        match &self.figures {
            Ok(figures) => figures.report(&mut finding, neighbours, conversion),
            Err(block) => {
                withhold(&mut finding, Region::Whole, &WHOLE, block);
                withhold(&mut finding, Region::Trabecular, &TRABECULAR, block);
                withhold(&mut finding, Region::VertebralBody, &[&BODY[..], &SIZE, &RATIOS].concat(), block);
            }
        }
        finding
    }
}

impl Figures {
    fn measure(subject: &Subject<'_>, column: &[Vertebra], place: usize) -> Result<Figures, Block> {
        let (volume, grid, conversion) = (subject.volume, &subject.labels.grid, subject.calibration.conversion());
        let Vertebra { structure, component, centroid } = &column[place];
        let no_body = |error: BodyError| Block {
            code: GateCode::BodyNotFound,
            reason: format!("{}: the vertebral body cannot be told from its label: {error}", structure.english()),
            found: error.found(),
        };
        let body = Body::find(component, grid, *centroid, first_axis(column, place)).map_err(no_body)?;
        let heights = Heights::measure(&body, grid).map_err(no_body)?;
        let before_wall = |index: &[usize; 3]| body.before_wall(body.frame.local(grid.to_patient(index.map(|i| i as f64))));
        Ok(Figures {
            heights,
            tilt: Tilt {
                structure: *structure,
                axis: body.frame.axes[0],
                plates: [body.top.normal(&body.frame), body.bottom.normal(&body.frame)],
            },
            trabecular: Trabecular::measure(*structure, (volume, conversion), component, &body),
            body: Contents::of(volume, conversion, component.indices().filter(before_wall)),
            whole: Contents::of(volume, conversion, component.indices()),
            area: projection::area(component, grid, &body.frame, &body.cells),
        })
    }

    /// What makes HU and density of the vertebra meaningless, though not its shape.
    fn distrust(&self, level: Structure, neighbours: &[Heights]) -> Option<Block> {
        let range = |one: &Trabecular| Gates::trabecular_range(level.english(), one.attenuation.mean);
        self.heights.loss(level, neighbours).or_else(|| self.trabecular.as_ref().ok().and_then(range))
    }

    fn report(&self, finding: &mut Finding, neighbours: &[Heights], conversion: Option<&Conversion>) {
        let material = conversion.map(|conversion| conversion.material);
        self.report_shape(finding, neighbours);
        if let Some(block) = self.distrust(finding.structure, neighbours) {
            withhold(finding, Region::Trabecular, &TRABECULAR, &block);
            withhold(finding, Region::VertebralBody, &BODY, &block);
            withhold(finding, Region::Whole, &WHOLE, &block);
            return;
        }
        match &self.trabecular {
            Ok(trabecular) => report_trabecular(finding, trabecular, material),
            Err(block) => withhold(finding, Region::Trabecular, &TRABECULAR, block),
        }
        report_contents(finding, Region::VertebralBody, &self.body, mineral::BODY_METHOD, material);
        report_contents(finding, Region::Whole, &self.whole, mineral::WHOLE_METHOD, material);
        finding.measurements.push(Measurement::new(Region::Whole, Quantity::Area, self.area.0, projection::METHOD));
        if let (Some((_, content)), Some(material)) = (self.whole.mineral, material) {
            let areal = content.0 / self.area.0;
            let areal = Measurement::mineral(Region::Whole, Quantity::ArealDensity, areal, projection::METHOD, material);
            finding.measurements.push(areal);
        } else {
            let quantities = [Quantity::DensityMean, Quantity::MineralContent, Quantity::ArealDensity];
            withhold(finding, Region::Whole, &quantities, &not_calibrated());
            withhold(finding, Region::VertebralBody, &quantities[..2], &not_calibrated());
        }
    }

    fn report_shape(&self, finding: &mut Finding, neighbours: &[Heights]) {
        let level = finding.structure.english();
        let mut push = |quantity, value, method| {
            finding.measurements.push(Measurement::new(Region::VertebralBody, quantity, value, method));
        };
        push(Quantity::Volume, self.body.volume.0, mineral::BODY_METHOD);
        push(Quantity::AnteriorHeight, self.heights.anterior.0, heights::METHOD);
        push(Quantity::MiddleHeight, self.heights.middle.0, heights::METHOD);
        push(Quantity::PosteriorHeight, self.heights.posterior.0, heights::METHOD);
        if let Some(block) = self.heights.too_coarse() {
            return withhold(finding, Region::VertebralBody, &RATIOS, &block);
        }
        push(Quantity::AnteriorHeightRatio, self.heights.anterior_ratio(), heights::METHOD);
        push(Quantity::MiddleHeightRatio, self.heights.middle_ratio(), heights::METHOD);
        match self.heights.neighbour_ratio(neighbours) {
            Some(ratio) => push(Quantity::NeighbourHeightRatio, ratio, heights::METHOD),
            None => {
                let reason = format!(
                    "the height of no vertebra next to the {level} was measured; one of L1 to L5 above or below would do"
                );
                let block = Block { code: GateCode::LevelsFew, reason, found: Some(0.0) };
                withhold(finding, Region::VertebralBody, &[Quantity::NeighbourHeightRatio], &block);
            }
        }
    }
}

fn report_trabecular(finding: &mut Finding, trabecular: &Trabecular, material: Option<Material>) {
    let attenuation = trabecular.attenuation;
    for (quantity, value) in [
        (Quantity::AttenuationMean, attenuation.mean.0),
        (Quantity::AttenuationMedian, attenuation.median.0),
        (Quantity::AttenuationSd, attenuation.sd.0),
        (Quantity::Volume, trabecular.volume.0),
    ] {
        finding.measurements.push(Measurement::new(Region::Trabecular, quantity, value, trabecular::METHOD));
    }
    let quantities = [Quantity::DensityMean, Quantity::DensityMedian, Quantity::DensitySd];
    let (Some(density), Some(material)) = (trabecular.density, material) else {
        return withhold(finding, Region::Trabecular, &quantities, &not_calibrated());
    };
    for (quantity, value) in quantities.into_iter().zip([density.mean.0, density.median.0, density.sd.0]) {
        let one = Measurement::mineral(Region::Trabecular, quantity, value, trabecular::METHOD, material);
        finding.measurements.push(one);
    }
}

fn report_contents(finding: &mut Finding, region: Region, contents: &Contents, method: &str, material: Option<Material>) {
    finding.measurements.push(Measurement::new(region, Quantity::AttenuationMean, contents.attenuation.0, method));
    if let (Some((density, content)), Some(material)) = (contents.mineral, material) {
        for (quantity, value) in [(Quantity::DensityMean, density.0), (Quantity::MineralContent, content.0)] {
            finding.measurements.push(Measurement::mineral(region, quantity, value, method, material));
        }
    }
}

/// Step 2 of the recipe.
fn first_axis(column: &[Vertebra], place: usize) -> Lps {
    let here = column[place].centroid;
    let above = place.checked_sub(1).map_or(here, |i| column[i].centroid);
    let below = column.get(place + 1).map_or(here, |next| next.centroid);
    match subtract(above, below) {
        [0.0, 0.0, 0.0] => [0.0, 0.0, 1.0],
        direction => unit(direction),
    }
}

pub(super) fn withhold(finding: &mut Finding, region: Region, quantities: &[Quantity], block: &Block) {
    finding.not_measured.push(NotMeasured::values(region, quantities, block.clone()));
}
