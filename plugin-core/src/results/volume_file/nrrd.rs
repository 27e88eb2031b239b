//! The header of an NRRD file: "Definition of NRRD File Format", teem.sourceforge.net/nrrd/format.html.

use super::{Content, Values};
use crate::geometry::{Grid, Lps};

/// Attached data, uncompressed, as programs hand images to one another; places to the last digit of 64-bit floats.
///
/// Axes are those of the grid: the first runs along its rows, the second along its columns, the third along its slices.
pub(super) fn header(grid: &Grid, content: Content, values: &Values) -> String {
    let [slices, rows, columns] = grid.shape;
    let [slice, row, column] = grid.steps.map(vector);
    let element = match values {
        Values::U8(_) => "uint8",
        Values::I16(_) => "int16",
        Values::F32(_) => "float",
    };
    let what = match content {
        Content::Image => "Hounsfield units",
        Content::Labels => "labels",
    };
    format!(
        "NRRD0004\n# {}\ncontent: {what}\ntype: {element}\ndimension: 3\nspace: left-posterior-superior\nsizes: {columns} {rows} {slices}\n\
         space directions: {column} {row} {slice}\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: {}\n\n",
        crate::RESEARCH_USE_ONLY,
        vector(grid.origin)
    )
}

fn vector([x, y, z]: Lps) -> String {
    format!("({x},{y},{z})")
}
