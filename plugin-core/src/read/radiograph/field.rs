//! Display shutters (PS3.3 C.7.6.11) and collimators (PS3.3 C.8.7.3): shapes outside of which there is no image.

use crate::read::ct_image::numbers;
use crate::read::elements::DataSet;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// A polygon with more corners than this is an attack.
const MOST_CORNERS: usize = 1000;

/// A shape in the image, in pixels counted from 0: the pixel `[0, 0]` has its centre at `[0.0, 0.0]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Rows and columns from and to, inclusive.
    Rectangle {
        /// First and last row.
        rows: [f64; 2],
        /// First and last column.
        columns: [f64; 2],
    },
    /// A circle.
    Circle {
        /// Row and column.
        centre: [f64; 2],
        /// In pixels.
        radius: f64,
    },
    /// A closed polygon.
    Polygon {
        /// Row and column of each corner, three at least.
        corners: Vec<[f64; 2]>,
    },
}

/// The attributes that describe one kind of shape list.
struct Attributes {
    shape: Tag,
    left: Tag,
    right: Tag,
    upper: Tag,
    lower: Tag,
    centre: Tag,
    radius: Tag,
    vertices: Tag,
}

const SHUTTER: Attributes = Attributes {
    shape: tags::SHUTTER_SHAPE,
    left: tags::SHUTTER_LEFT_VERTICAL_EDGE,
    right: tags::SHUTTER_RIGHT_VERTICAL_EDGE,
    upper: tags::SHUTTER_UPPER_HORIZONTAL_EDGE,
    lower: tags::SHUTTER_LOWER_HORIZONTAL_EDGE,
    centre: tags::CENTER_OF_CIRCULAR_SHUTTER,
    radius: tags::RADIUS_OF_CIRCULAR_SHUTTER,
    vertices: tags::VERTICES_OF_THE_POLYGONAL_SHUTTER,
};

const COLLIMATOR: Attributes = Attributes {
    shape: tags::COLLIMATOR_SHAPE,
    left: tags::COLLIMATOR_LEFT_VERTICAL_EDGE,
    right: tags::COLLIMATOR_RIGHT_VERTICAL_EDGE,
    upper: tags::COLLIMATOR_UPPER_HORIZONTAL_EDGE,
    lower: tags::COLLIMATOR_LOWER_HORIZONTAL_EDGE,
    centre: tags::CENTER_OF_CIRCULAR_COLLIMATOR,
    radius: tags::RADIUS_OF_CIRCULAR_COLLIMATOR,
    vertices: tags::VERTICES_OF_THE_POLYGONAL_COLLIMATOR,
};

/// All shapes. One that cannot be read is left out: it can only hide less, and the gates look at what remains.
pub(super) fn fields(elements: &DataSet<'_>) -> Vec<Field> {
    [SHUTTER, COLLIMATOR].iter().flat_map(|attributes| attributes.read(elements)).collect()
}

impl Attributes {
    fn read(&self, elements: &DataSet<'_>) -> Vec<Field> {
        let shapes = elements.ascii(self.shape).unwrap_or_default().split('\\').map(str::trim);
        shapes.filter_map(|shape| self.field(shape, elements)).collect()
    }

    /// Rows and columns are counted from 1 in these attributes.
    fn field(&self, shape: &str, elements: &DataSet<'_>) -> Option<Field> {
        let number = |tag| numbers::<1>(elements, tag).map(|[value]| value - 1.0);
        match shape {
            "RECTANGULAR" => Some(Field::Rectangle {
                rows: [number(self.upper)?, number(self.lower)?],
                columns: [number(self.left)?, number(self.right)?],
            }),
            "CIRCULAR" => {
                let centre = numbers::<2>(elements, self.centre)?.map(|place| place - 1.0);
                Some(Field::Circle { centre, radius: numbers::<1>(elements, self.radius)?[0] })
            }
            "POLYGONAL" => {
                let places = elements.decimals(self.vertices)?;
                let corners: Vec<[f64; 2]> =
                    places.as_chunks().0.iter().map(|[row, column]| [row - 1.0, column - 1.0]).collect();
                (3..=MOST_CORNERS).contains(&corners.len()).then_some(Field::Polygon { corners })
            }
            _ => None,
        }
    }
}

impl Field {
    /// Whether the centre of a pixel lies within.
    pub fn contains(&self, [row, column]: [f64; 2]) -> bool {
        match self {
            Field::Rectangle { rows, columns } => {
                (rows[0]..=rows[1]).contains(&row) && (columns[0]..=columns[1]).contains(&column)
            }
            Field::Circle { centre, radius } => (row - centre[0]).hypot(column - centre[1]) <= *radius,
            Field::Polygon { corners } => {
                let edges = corners.iter().zip(corners.iter().cycle().skip(1));
                let crossed = edges.filter(|([r0, c0], [r1, c1])| {
                    (*r0 > row) != (*r1 > row) && column < c0 + (row - r0) / (r1 - r0) * (c1 - c0)
                });
                crossed.count() % 2 == 1
            }
        }
    }
}
