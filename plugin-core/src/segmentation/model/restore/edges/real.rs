//! Bones of people, drawn by hand on finer voxels than the network's: a network of 3 mm would see them in its cells, right or somewhat
//! too thick, and the edges are to bring them nearer to what was drawn. `--nocapture` prints the figures.
//!
//! Data (`../shared/data`): L2 to L4 of a CT with 1.5 mm (TPTBox), of which L2 and L4 are cut by the image; a hip bone of a CT with
//! 1.0 mm (FracSegNet), which holds bone alone, so that all else is painted, and which is brought to 2 mm, the coarsest voxels on which
//! edges are sought.

use super::*;
use crate::anatomy::{Side, Structure};
use crate::read::HostVolume;
use crate::segmentation::{NameTable, labels_from_map};
use crate::volume::from_host;
use std::path::{Path, PathBuf};

const NETWORK_MM: f64 = 3.0;
/// A cell is bone to a network that is right, and to one that draws bones thick.
const RIGHT: f32 = 0.5;
const THICK: f32 = 0.3;

type Drawn = (Structure, Side, Array3<bool>);

/// The file; none where the shared data are absent, which a build server must not accept.
fn shared(path: &str) -> Option<PathBuf> {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(path);
    assert!(file.exists() || std::env::var_os("CI").is_none(), "{} is absent", file.display());
    file.exists().then_some(file)
}

/// A CT and what somebody drew on it; `names` are those of the label values.
fn read(image: &str, labels: &str, names: &str) -> Option<(CtVolume<'static>, Vec<Drawn>)> {
    let file = HostVolume::File(shared(image)?);
    let CtVolume { grid, stored, slope, intercept } = from_host(&file, Progress::silent()).unwrap();
    let volume = CtVolume { grid, stored: stored.into_owned().into(), slope, intercept };
    let names = NameTable::from_json(names.as_bytes(), "names").unwrap();
    let labels = labels_from_map(&shared(labels)?, &names, &volume.grid, Progress::silent()).unwrap();
    let drawn = labels.masks.iter().map(|mask| (mask.structure, mask.side, whole(mask, volume.grid.shape)));
    let drawn = drawn.collect();
    Some((volume, drawn))
}

fn whole(mask: &StructureMask, shape: Index) -> Array3<bool> {
    Array3::from_shape_fn(shape, |(z, y, x)| mask.contains([z, y, x].map(|i| i as i64)))
}

/// Share of bone in the network's cells, interpolated at the voxels of the CT as the network's scores are.
fn seen(drawn: &Array3<bool>, spacing: [f64; 3]) -> Array3<f32> {
    let shape: Index = drawn.dim().into();
    let place = |index: Index, axis: usize| (index[axis] as f64 + 0.5) * spacing[axis] / NETWORK_MM;
    let cells: Index = std::array::from_fn(|axis| (shape[axis] as f64 * spacing[axis] / NETWORK_MM).ceil() as usize);
    let (mut members, mut voxels) = (Array3::<f32>::zeros(cells), Array3::<f32>::zeros(cells));
    for ((z, y, x), member) in drawn.indexed_iter() {
        let cell: Index = std::array::from_fn(|axis| (place([z, y, x], axis) as usize).min(cells[axis] - 1));
        members[cell] += f32::from(u8::from(*member));
        voxels[cell] += 1.0;
    }
    let share = members / voxels;
    Array3::from_shape_fn(shape, |(z, y, x)| {
        let at = std::array::from_fn(|axis| (place([z, y, x], axis) - 0.5).clamp(0.0, cells[axis] as f64 - 1.0) as f32);
        interpolate(|cell| share[cell], cells, at)
    })
}

/// Dice with what was drawn, and volume against it.
fn against(drawn: &Array3<bool>, found: &Array3<bool>) -> (f64, f64) {
    let count = |mask: &Array3<bool>| mask.iter().filter(|member| **member).count() as f64;
    let both = drawn.iter().zip(found).filter(|(a, b)| **a && **b).count() as f64;
    (2.0 * both / (count(drawn) + count(found)), count(found) / count(drawn))
}

/// Dice of each bone as the network sees it, and after its edges were sought.
fn tried(volume: &CtVolume<'_>, drawn: &[Drawn], least_share: f32) -> Vec<[f64; 2]> {
    let shares: Vec<_> = drawn.iter().map(|(_, _, drawn)| seen(drawn, volume.grid.spacing())).collect();
    let is_most = |own: usize, at: (usize, usize, usize)| {
        (0..shares.len()).all(|other| other == own || shares[other][at] < shares[own][at])
    };
    let mask = |(own, (structure, side, _)): (usize, &Drawn)| {
        let voxels = Array3::from_shape_fn(volume.grid.shape, |at| shares[own][at] > least_share && is_most(own, at));
        StructureMask { structure: *structure, side: *side, corner: [0; 3], voxels, segments: Vec::new() }
    };
    let before: Vec<StructureMask> = drawn.iter().enumerate().map(mask).collect();
    let mut after = before.clone();
    refine(&mut after, volume, Progress::silent()).unwrap();
    let bones = drawn.iter().zip(before).map(|((structure, side, drawn), before)| {
        let after = after.iter().find(|mask| (mask.structure, mask.side) == (*structure, *side)).unwrap();
        let [before, after] = [&before.voxels, &whole(after, volume.grid.shape)].map(|mask| against(drawn, mask));
        println!("{} mm, from {least_share}, {structure:?}: {before:.3?} -> {after:.3?}", volume.grid.spacing()[1]);
        [before.0, after.0]
    });
    bones.collect()
}

/// Of a network that is right little may be lost; of one that draws thick, most of what is too much goes.
fn assert_nearer(volume: &CtVolume<'_>, drawn: &[Drawn], least_dice: f64) {
    for [before, after] in tried(volume, drawn, RIGHT) {
        assert!(after >= before - 0.01 && after >= least_dice, "{before} {after}");
    }
    for [before, after] in tried(volume, drawn, THICK) {
        assert!(after >= before + 0.02 && after >= least_dice, "{before} {after}");
    }
}

#[test]
fn vertebrae_come_nearer_to_what_was_drawn_also_where_the_image_cuts_them_into_parts() {
    const FOLDER: &str = "tptbox_L3_subregion/sub-ct";
    let names = r#"{"21": "l2", "22": "l3", "23": "l4"}"#;
    let Some((volume, drawn)) =
        read(&format!("{FOLDER}_label-22_ct.nii.gz"), &format!("{FOLDER}_seg-vert_label-22_msk.nii.gz"), names)
    else {
        return;
    };
    assert_eq!(drawn.len(), 3);
    assert_nearer(&volume, &drawn, 0.93);
    // Neighbours that the network did not find, or that were left out, are bone all the same, and no part of this one.
    assert_nearer(&volume, &drawn[1..2], 0.93);
}

#[test]
fn a_hip_bone_comes_nearer_to_what_was_drawn() {
    const FILE: &str = "fracsegnet_pelvis_ct/003_RI";
    let names = r#"{"1": "hip_bone_right"}"#;
    let Some((volume, drawn)) = read(&format!("{FILE}.nii.gz"), &format!("{FILE}_mask.nii.gz"), names) else { return };
    let painted = |index: Index| if drawn[0].2[index] { f64::from(volume.hu(index)) } else { 50.0 };
    let stored = halved(volume.grid.shape, painted).mapv(|hu| hu.round() as i16);
    let grid = Grid {
        shape: stored.dim().into(),
        origin: volume.grid.origin,
        steps: volume.grid.steps.map(|step| step.map(|mm| 2.0 * mm)),
    };
    let bone = halved(volume.grid.shape, |index| f64::from(u8::from(drawn[0].2[index]))).mapv(|share| share > 0.5);
    let volume = CtVolume { grid, stored: stored.into(), slope: 1.0, intercept: 0.0 };
    assert_nearer(&volume, &[(drawn[0].0, drawn[0].1, bone)], 0.96);
}

/// Means of two voxels each way.
fn halved(shape: Index, value: impl Fn(Index) -> f64) -> Array3<f64> {
    Array3::from_shape_fn(shape.map(|voxels| voxels / 2), |(z, y, x)| {
        let corner = |i: usize| [2 * z + (i & 1), 2 * y + (i >> 1 & 1), 2 * x + (i >> 2)];
        (0..8).map(|i| value(corner(i))).sum::<f64>() / 8.0
    })
}
