//! Rows into columns and columns onto pages: nothing is cut off.

use super::canvas::Canvas;

/// A drawing and its height in points; its upper left corner is the origin.
#[derive(Debug, Clone, Default)]
pub struct Fragment {
    /// What is drawn.
    pub canvas: Canvas,
    /// Height in points.
    pub height: f64,
}

/// Rows that belong together; the head stands above them and again wherever they go on.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Head of a table, title of a list.
    pub head: Fragment,
    /// The rows.
    pub rows: Vec<Fragment>,
}

/// A place for rows, on one page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Page, from 0.
    pub page: usize,
    /// Left end.
    pub x: f64,
    /// Upper end.
    pub top: f64,
    /// Lower end.
    pub bottom: f64,
}

/// Where a row goes.
struct Spot {
    column: Column,
    y: f64,
    /// Whether the head of its group stands above it.
    with_head: bool,
}

/// A spot for every row of every group, for as long as there are columns.
fn spots(groups: &[Group], columns: impl IntoIterator<Item = Column>) -> Vec<Vec<Spot>> {
    let mut all: Vec<Vec<Spot>> = Vec::new();
    let mut columns = columns.into_iter();
    let Some(mut column) = columns.next() else { return all };
    let mut y = column.top;
    for group in groups {
        let mut spots = Vec::new();
        let mut with_head = true;
        for row in &group.rows {
            let head_height = if with_head { group.head.height } else { 0.0 };
            if y + head_height + row.height > column.bottom && y > column.top {
                let Some(next) = columns.next() else {
                    all.push(spots);
                    return all;
                };
                (column, with_head) = (next, true);
                y = column.top;
            }
            spots.push(Spot { column, y, with_head });
            y += row.height + if with_head { group.head.height } else { 0.0 };
            with_head = false;
        }
        all.push(spots);
    }
    all
}

/// How many of `groups`, from the first, find room for all their rows.
pub fn fitting(groups: &[Group], columns: impl IntoIterator<Item = Column>) -> usize {
    let spots = spots(groups, columns);
    groups.iter().zip(&spots).take_while(|(group, spots)| group.rows.len() == spots.len()).count()
}

/// Puts `groups` into the columns, of which there must be enough, one after the other; gives a drawing per page.
pub fn flow(groups: &[Group], columns: impl IntoIterator<Item = Column>) -> Vec<Canvas> {
    let mut pages: Vec<Canvas> = Vec::new();
    for (group, spots) in groups.iter().zip(spots(groups, columns)) {
        for (row, Spot { column, y, with_head }) in group.rows.iter().zip(spots) {
            if pages.len() <= column.page {
                pages.resize_with(column.page + 1, Canvas::default);
            }
            let page = &mut pages[column.page];
            if with_head {
                page.place(column.x, y, &group.head.canvas);
            }
            page.place(column.x, y + if with_head { group.head.height } else { 0.0 }, &row.canvas);
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Anchor, INK, regular};
    use super::*;

    fn fragment(text: &str, height: f64) -> Fragment {
        let mut canvas = Canvas::default();
        canvas.text(0.0, 0.0, Anchor::Start, regular(8.0, INK), text);
        Fragment { canvas, height }
    }

    #[test]
    fn every_row_is_drawn_once_and_the_head_on_every_column() {
        let rows = (0..7).map(|i| fragment(&format!("row{i}."), 10.0)).collect();
        let group = Group { head: fragment("head", 5.0), rows };
        let columns = (0..).map(|page| Column { page, x: 0.0, top: 100.0, bottom: 126.0 });
        let groups = [group];
        assert_eq!((fitting(&groups, columns.clone().take(3)), fitting(&groups, columns.clone().take(4))), (0, 1));
        let pages = flow(&groups, columns);
        assert_eq!(pages.len(), 4);
        let all: String = pages.iter().map(Canvas::elements).collect();
        assert!((0..7).all(|i| all.matches(&format!("row{i}.")).count() == 1));
        assert_eq!(all.matches("head").count(), 4);
    }
}
