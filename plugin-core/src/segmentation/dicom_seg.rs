//! Labels from a DICOM SEG object.

use super::extent::Extent;
use super::meaning::{meaning_of, names_any};
use super::members::Members;
use super::on_frames::{Frames, Planes};
use super::resample::{sample, window};
use super::spacing::slice_spacing;
use super::{Doubts, Groups, LabelError, LabelOrigin, Labels, SegmentReference, StatedDoubts, StructureMask};
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::progress::{Progress, Stage};
use crate::read::{CtSeries, Inputs, ReadError, Segment, SegmentationObject, SegmentationType, decode_segmentation};
use dicom_dictionary_std::tags;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Which structures the segments of `object` name, without reading pixels: `(segment number, structure, side)`.
pub fn known_segments(object: &SegmentationObject) -> Vec<(u16, Structure, Side)> {
    foreground(object)
        .filter_map(|segment| meaning_of(segment).ok().map(|(structure, side)| (segment.number, structure, side)))
        .collect()
}

/// Masks of all known structures of `objects`, the objects of one SEG series, on the grid of the CT.
///
/// Each object must be about `series` ([`SegmentationObject::is_about`]). Frames that lie on the CT's voxels are copied, if the
/// slices of the object are as far apart as the CT's; if any frame of an object lies elsewhere, all of it are resampled
/// (`resample`), and [`LabelOrigin::DicomSeg`] says so. A stated slice spacing that the frames contradict is refused. Segments of one
/// object that name the same structure and side are united; the same structure and side in two objects are two versions of it, and
/// refused.
pub fn labels_from_seg(
    objects: &[&SegmentationObject],
    inputs: &Inputs<'_>,
    series: &CtSeries,
    grid: &Grid,
    progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    refuse_versions(objects)?;
    let mut all: Option<Labels> = None;
    for object in objects.iter().filter(|object| objects.len() == 1 || !known_segments(object).is_empty()) {
        let next = labels_from_object(object, inputs, series, grid, progress)?;
        all = Some(match all {
            None => next,
            Some(before) => united(before, next),
        });
    }
    let found = || objects.iter().flat_map(|object| &object.segments).map(|segment| segment.label.as_str());
    all.ok_or_else(|| LabelError::NothingKnown { found: found().collect::<Vec<_>>().join("; ") })
}

/// Refuses two objects that hold the same structure and side: nothing says which of them is meant, and together they are neither.
fn refuse_versions(objects: &[&SegmentationObject]) -> Result<(), LabelError> {
    let mut holders: BTreeMap<(Structure, Side), &str> = BTreeMap::new();
    for object in objects {
        let meanings: BTreeSet<_> = known_segments(object).into_iter().map(|(_, structure, side)| (structure, side)).collect();
        for (structure, side) in meanings {
            if let Some(before) = holders.insert((structure, side), &object.sop_instance_uid) {
                let structure = [side.name(), structure.english()].join(" ").trim().to_owned();
                let objects = vec![before.to_owned(), object.sop_instance_uid.clone()];
                return Err(LabelError::Ambiguous { structure, objects });
            }
        }
    }
    Ok(())
}

/// The labels of both, which have no structure in common. What nobody doubts is not of the model that made the others.
fn united(mut all: Labels, next: Labels) -> Labels {
    let of_somebody_else = |labels: &Labels, other: &Labels| -> BTreeSet<(Structure, Side)> {
        let is_added = labels.doubts.model.is_none() && other.doubts.model.is_some();
        labels.masks.iter().filter(|_| is_added).map(|mask| (mask.structure, mask.side)).collect()
    };
    let added = [of_somebody_else(&all, &next), of_somebody_else(&next, &all)];
    all.doubts.corrected.extend(added.into_iter().flatten());
    all.masks.extend(next.masks);
    all.masks.sort_by_key(|mask| (mask.structure, mask.side));
    all.unknown.extend(next.unknown);
    all.contradictions.extend(next.contradictions);
    all.doubts.join(next.doubts);
    if let (
        LabelOrigin::DicomSeg { sop_instance_uids, algorithms, resampled, .. },
        LabelOrigin::DicomSeg { sop_instance_uids: more_uids, algorithms: more_algorithms, resampled: also, .. },
    ) = (&mut all.origin, next.origin)
    {
        sop_instance_uids.extend(more_uids);
        sop_instance_uids.sort();
        algorithms.extend(more_algorithms);
        algorithms.sort();
        algorithms.dedup();
        *resampled |= also;
    }
    all
}

fn labels_from_object(
    object: &SegmentationObject,
    inputs: &Inputs<'_>,
    series: &CtSeries,
    grid: &Grid,
    progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    check_reference(object, series)?;
    let mut groups = Groups::new();
    let (mut unknown, mut contradictions) = (Vec::new(), Vec::new());
    for segment in foreground(object) {
        match meaning_of(segment) {
            Ok(meaning) => groups.entry(meaning).or_default().push(segment.number),
            Err(reason) if names_any(segment) => contradictions.push(format!("{}: {reason}", segment.label)),
            Err(reason) => unknown.push(format!("{}: {reason}", segment.label)),
        }
    }
    if groups.is_empty() {
        return Err(LabelError::NothingKnown { found: [contradictions, unknown].concat().join("; ") });
    }
    let spacing = slice_spacing(object)?;
    progress.report(Stage::Segment, 0.0)?;
    let pixels = decode_segmentation(inputs, object)?;
    progress.report(Stage::Segment, 0.3)?;
    let frames = Frames { object, pixels: &pixels };
    let extents: Vec<BTreeMap<u16, Extent>> =
        (0..object.frames.len()).into_par_iter().map(|frame| frames.extents(frame)).collect();
    progress.report(Stage::Segment, 0.5)?;
    let (masks, resampled) = match frames.slices_on(grid, spacing) {
        Some(slices) => (copied(&frames, &groups, &extents, &slices, grid, progress)?, false),
        None => (resampled(&frames, &groups, &extents, (grid, spacing), progress)?, true),
    };
    if masks.is_empty() {
        return Err(LabelError::NoOverlap { detail: whereabouts(object, grid) });
    }
    let doubts = match object.comments.as_deref().map_or(Ok(None), StatedDoubts::in_comment) {
        Ok(stated) => stated.map_or_else(Doubts::default, |stated| stated.that_hold(&masks, grid)),
        Err(wrong) => return Err(LabelError::Doubts { object: object.sop_instance_uid.clone(), wrong }),
    };
    progress.report(Stage::Segment, 1.0)?;
    Ok(Labels { grid: grid.clone(), masks, origin: origin(object, resampled), unknown, contradictions, doubts })
}

/// All segments but the background of a LABELMAP, whose pixels are 0.
fn foreground(object: &SegmentationObject) -> impl Iterator<Item = &Segment> {
    object.segments.iter().filter(|segment| segment.number != 0 || object.segmentation_type == SegmentationType::Binary)
}

fn check_reference(object: &SegmentationObject, series: &CtSeries) -> Result<(), LabelError> {
    if object.is_about(series) {
        return Ok(());
    }
    let same_study = series.context.text(tags::STUDY_INSTANCE_UID) == Some(&object.study_instance_uid);
    let found = match (same_study, object.referenced_series.as_slice()) {
        (false, _) => format!("the study {}", object.study_instance_uid),
        (true, []) => {
            format!("no series and the frame of reference {}", object.frame_of_reference_uid.as_deref().unwrap_or("(none)"))
        }
        (true, series) => format!("the series {}", series.join(", ")),
    };
    Err(LabelError::OtherImage { found, expected: series.series_instance_uid.clone() })
}

/// The extents of the segments `members`, one per frame in which they have voxels.
fn parts(extents: &[BTreeMap<u16, Extent>], members: &Members) -> Vec<Extent> {
    let in_frame = |frame: &BTreeMap<u16, Extent>| {
        frame.iter().filter(|(number, _)| members.contains(**number)).map(|(_, extent)| *extent).reduce(Extent::union)
    };
    extents.iter().filter_map(in_frame).collect()
}

fn copied(
    frames: &Frames,
    groups: &Groups,
    extents: &[BTreeMap<u16, Extent>],
    slices: &[i64],
    grid: &Grid,
    progress: Progress<'_>,
) -> Result<Vec<StructureMask>, LabelError> {
    let mask = |(meaning, numbers): (&(Structure, Side), &Vec<u16>)| {
        progress.report(Stage::Segment, 0.5)?;
        let members = Members::new(numbers);
        let stored = parts(extents, &members);
        let inside = |extent: &Extent| {
            let slice = usize::try_from(slices[extent.first[0]]).ok().filter(|slice| *slice < grid.shape[0])?;
            Some((slice, *extent))
        };
        let placed: Vec<_> = stored.iter().filter_map(inside).collect();
        let unchanged = placed.len() == stored.len();
        let Some((corner, voxels)) = frames.copy(&members, &placed) else { return Ok(None) };
        let segments = match numbers.as_slice() {
            [number] if unchanged => reference(frames.object, *number),
            _ => Vec::new(),
        };
        Ok(Some(StructureMask { structure: meaning.0, side: meaning.1, corner, voxels, segments }))
    };
    let masks: Result<Vec<_>, LabelError> = groups.par_iter().map(mask).collect();
    Ok(masks?.into_iter().flatten().collect())
}

fn resampled(
    frames: &Frames,
    groups: &Groups,
    extents: &[BTreeMap<u16, Extent>],
    (grid, spacing): (&Grid, Option<f64>),
    progress: Progress<'_>,
) -> Result<Vec<StructureMask>, LabelError> {
    let spacing = spacing.ok_or_else(|| ReadError::Attribute {
        name: format!("segmentation {}", frames.object.sop_instance_uid),
        keyword: "Spacing Between Slices",
        tag: tags::SPACING_BETWEEN_SLICES.to_string(),
        found: "absent from a single slice off the CT's slices".into(),
        accepted: "a number, or a segmentation on the CT's own slices".into(),
    })?;
    let planes = Planes::new(frames.object, spacing);
    let mask = |(meaning, numbers): (&(Structure, Side), &Vec<u16>)| {
        progress.report(Stage::Segment, 0.5)?;
        let members = Members::new(numbers);
        let planes = planes.of_segments(frames.object, &members);
        let corners = planes.corners(frames, &parts(extents, &members));
        let sampled =
            window(grid, &corners).and_then(|window| sample(grid, &window, |point| planes.is_member(frames, &members, point)));
        Ok(sampled.map(|(corner, voxels)| StructureMask {
            structure: meaning.0,
            side: meaning.1,
            corner,
            voxels,
            segments: Vec::new(),
        }))
    };
    let masks: Result<Vec<_>, LabelError> = groups.par_iter().map(mask).collect();
    Ok(masks?.into_iter().flatten().collect())
}

fn reference(object: &SegmentationObject, number: u16) -> Vec<SegmentReference> {
    let tracking_uid = object.segments.iter().find(|segment| segment.number == number).and_then(|s| s.tracking_uid.clone());
    vec![SegmentReference {
        sop_class_uid: object.sop_class_uid.clone(),
        sop_instance_uid: object.sop_instance_uid.clone(),
        segment_number: number,
        tracking_uid,
    }]
}

fn origin(object: &SegmentationObject, resampled: bool) -> LabelOrigin {
    let algorithms: BTreeSet<String> = object.segments.iter().filter_map(|segment| segment.algorithm.clone()).collect();
    LabelOrigin::DicomSeg {
        sop_instance_uids: vec![object.sop_instance_uid.clone()],
        series_instance_uid: object.series_instance_uid.clone(),
        description: object.description.clone(),
        algorithms: algorithms.into_iter().collect(),
        resampled,
    }
}

/// Where the labels and the CT lie, along the patient.
fn whereabouts(object: &SegmentationObject, grid: &Grid) -> String {
    let range = |heights: Vec<f64>| {
        let (low, high) = heights.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), z| (low.min(*z), high.max(*z)));
        format!("z = {low:.1} to {high:.1} mm")
    };
    let ends = [0.0, grid.shape[0] as f64 - 1.0].map(|slice| grid.to_patient([slice, 0.0, 0.0])[2]);
    let frames = object.frames.iter().map(|frame| frame.position[2]).collect();
    format!("the frames of the segmentation lie at {}, the CT at {}", range(frames), range(ends.to_vec()))
}
