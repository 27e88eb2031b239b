//! Whether two volumes are one image.

use super::CtVolume;
use super::order::Order;
use ndarray::Zip;
use ndarray::parallel::prelude::*;

/// In which way the image of a host differs from the CT that it should be, as words for a sentence; none where it is the same, whatever
/// the order of its voxels.
///
/// The same are two volumes whose voxels lie within a hundredth of a voxel and whose values lie within the rounding of either scale.
pub fn difference(ct: &CtVolume<'_>, host: &CtVolume<'_>) -> Option<String> {
    let (ct_order, host_order) = (Order::of(&ct.grid), Order::of(&host.grid));
    let (ct_grid, host_grid) = (ct_order.grid(&ct.grid), host_order.grid(&host.grid));
    if ct_grid.shape != host_grid.shape {
        return Some(format!("it has {:?} slices, rows and columns instead of {:?}", host_grid.shape, ct_grid.shape));
    }
    if !ct_grid.coincides_with(&host_grid) {
        return Some("its voxels lie elsewhere in the patient".to_owned());
    }
    let rounding = 0.5 * ct.slope.max(host.slope) + 1e-3;
    let other = Zip::from(ct_order.view(ct.stored.view()))
        .and(host_order.view(host.stored.view()))
        .into_par_iter()
        .filter(|(a, b)| (ct.to_hu(**a) - host.to_hu(**b)).abs() > rounding)
        .count();
    (other > 0).then(|| format!("{other} of its voxels have another CT number"))
}
