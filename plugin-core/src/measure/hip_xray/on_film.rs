//! The hip's regions, from the crop back to the film.

use super::gates::Found;
use super::{DecomposedHip, FilmRegion, HipOnFilm, MUSCLES};
use crate::anatomy::{Side, Structure};
use crate::geometry::connected::largest;
use crate::report::Region;
use crate::segmentation::StructureMask;
use crate::segmentation::decomposition::{ChannelKind, Subject};
use crate::segmentation::film::Mapping;
use ndarray::{Array2, Axis};

/// Millimetres of a structure along the ray from which a pixel is drawn as one of it.
const LEAST_THICKNESS: f32 = 3.0;

/// The hip for pictures and segmentations. A structure's outline is where the ray passes through 3 mm of it, its largest piece; the
/// values of muscles are sums over all pixels, with or without an outline.
pub(super) fn of(hip: &DecomposedHip<'_>, found: &[(Region, &Found)], film: [usize; 2]) -> HipOnFilm {
    let drawn = |structure, region, pixels: &Array2<bool>| {
        let mask = on_film(pixels, &hip.crop.mapping, film, (structure, hip.side))?;
        Some(FilmRegion { region, mask })
    };
    let whole = |subject: Subject| {
        let thickness = hip.images.mean.channel(hip.manifest.channel(ChannelKind::Thickness, subject)?);
        let outline = thickness.mapv(|length| length >= LEAST_THICKNESS);
        let outline = largest(outline.view().insert_axis(Axis(0))).index_axis_move(Axis(0), 0);
        drawn(subject.structure()?, Region::Whole, &outline)
    };
    let mut regions: Vec<FilmRegion> = whole(Subject::ProximalFemur).into_iter().collect();
    regions.extend(found.iter().filter_map(|(region, found)| drawn(Structure::Femur, *region, &found.pixels)));
    regions.extend(MUSCLES.iter().filter_map(|muscle| whole(*muscle)));
    let density = hip.manifest.channel(ChannelKind::ArealDensity, Subject::ProximalFemur);
    HipOnFilm {
        side: hip.side,
        head_centre: hip.head_centre,
        mapping: hip.crop.mapping,
        density: density.map_or_else(|| Array2::zeros((0, 0)), |it| hip.images.mean.channel(it).to_owned()),
        regions,
    }
}

/// Film pixels whose centres lie on a pixel of `crop` that belongs to it; none where there are none.
fn on_film(crop: &Array2<bool>, mapping: &Mapping, film: [usize; 2], of: (Structure, Side)) -> Option<StructureMask> {
    let (rows, columns) = crop.dim();
    let corners =
        [[-0.5, -0.5], [-0.5, columns as f64 - 0.5], [rows as f64 - 0.5, -0.5], [rows as f64 - 0.5, columns as f64 - 0.5]]
            .map(|corner| mapping.to_film(corner));
    let range = |axis: usize| {
        let low = corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min).floor().max(0.0) as usize;
        let high = corners.iter().map(|corner| corner[axis]).fold(f64::NEG_INFINITY, f64::max).ceil().max(-1.0) + 1.0;
        low.min(film[axis])..(high as usize).clamp(low.min(film[axis]), film[axis])
    };
    let inside = |place: [f64; 2]| {
        let [row, column] = mapping.to_crop(place).map(f64::round);
        row >= 0.0 && column >= 0.0 && crop.get([row as usize, column as usize]).is_some_and(|member| *member)
    };
    let (of_rows, of_columns) = (range(0), range(1));
    let mut bounds: Option<[usize; 4]> = None;
    let mut members = Array2::from_elem((of_rows.len(), of_columns.len()), false);
    for ((row, column), member) in members.indexed_iter_mut() {
        *member = inside([(row + of_rows.start) as f64, (column + of_columns.start) as f64]);
        if *member {
            let [top, bottom, left, right] = bounds.unwrap_or([row, row, column, column]);
            bounds = Some([top.min(row), bottom.max(row), left.min(column), right.max(column)]);
        }
    }
    let [top, bottom, left, right] = bounds?;
    members.slice_axis_inplace(Axis(0), (top..bottom + 1).into());
    members.slice_axis_inplace(Axis(1), (left..right + 1).into());
    let voxels = members.as_standard_layout().into_owned().insert_axis(Axis(0));
    let corner = [0, of_rows.start + top, of_columns.start + left];
    Some(StructureMask { structure: of.0, side: of.1, corner, voxels, segments: Vec::new() })
}
