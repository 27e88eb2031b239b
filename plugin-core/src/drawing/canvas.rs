//! SVG text, piece by piece. One unit is one point (1/72 inch), y grows downwards.

use super::fonts::{FAMILY, Weight};
use std::fmt::Write;

/// Near black, for values.
pub const INK: &str = "#111111";
/// For captions and labels; contrast to white 7:1.
pub const GREY: &str = "#555555";
/// For hairlines.
pub const RULE: &str = "#bbbbbb";

/// Which point of a text lies at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Size in points.
    pub size: f64,
    /// Thickness.
    pub weight: Weight,
    /// SVG colour.
    pub color: &'static str,
}

/// Regular text.
pub const fn regular(size: f64, color: &'static str) -> Style {
    Style { size, weight: Weight::Regular, color }
}

/// Bold text.
pub const fn bold(size: f64, color: &'static str) -> Style {
    Style { size, weight: Weight::Bold, color }
}

/// A drawing under way.
#[derive(Debug, Clone, Default)]
pub struct Canvas {
    svg: String,
}

impl Canvas {
    /// The elements drawn so far.
    pub fn elements(&self) -> &str {
        &self.svg
    }

    /// One line of text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, style: Style, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = match style.weight {
            Weight::Regular => 400,
            Weight::Bold => 700,
        };
        let (size, color, text) = (style.size, style.color, escape(text));
        self.element(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" font-family="{FAMILY}" font-size="{size:.2}" font-weight="{weight}" fill="{color}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    /// A filled rectangle; `fill` and `stroke` are SVG colours or `none`.
    pub fn rectangle(&mut self, [x, y, width, height]: [f64; 4], fill: &str, stroke: &str) {
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{fill}" stroke="{stroke}" stroke-width="0.6"/>"#
        ));
    }

    /// A translucent black rectangle that keeps white text readable on a picture.
    pub fn shade(&mut self, [x, y, width, height]: [f64; 4]) {
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" rx="1.5" fill="black" fill-opacity="0.55"/>"#
        ));
    }

    /// A white disc with a dark rim.
    pub fn disc(&mut self, x: f64, y: f64, radius: f64) {
        self.element(format_args!(
            r##"<circle cx="{x:.2}" cy="{y:.2}" r="{radius:.2}" fill="white" stroke="{INK}" stroke-width="0.5"/>"##
        ));
    }

    /// A straight line.
    pub fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], color: &str, width: f64) {
        self.element(format_args!(
            r#"<line x1="{x1:.2}" y1="{y1:.2}" x2="{x2:.2}" y2="{y2:.2}" stroke="{color}" stroke-width="{width:.2}"/>"#
        ));
    }

    /// A straight line of dashes.
    pub fn dashes(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], color: &str, width: f64) {
        self.element(format_args!(
            r#"<line x1="{x1:.2}" y1="{y1:.2}" x2="{x2:.2}" y2="{y2:.2}" stroke="{color}" stroke-width="{width:.2}" stroke-dasharray="4 2.5"/>"#
        ));
    }

    /// A line through all points.
    pub fn polyline(&mut self, points: &[[f64; 2]], color: &str, width: f64) {
        let points: String = points.iter().map(|[x, y]| format!("{x:.2},{y:.2} ")).collect();
        let points = points.trim_end();
        self.element(format_args!(
            r#"<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width:.2}" stroke-linejoin="round"/>"#
        ));
    }

    /// A translucent dot without a rim, so that many on one another grow darker.
    pub fn dot(&mut self, [x, y]: [f64; 2], radius: f64, color: &str, opacity: f64) {
        self.element(format_args!(
            r#"<circle cx="{x:.2}" cy="{y:.2}" r="{radius:.2}" fill="{color}" fill-opacity="{opacity:.2}"/>"#
        ));
    }

    /// A translucent band of one colour.
    pub fn band(&mut self, [x, y, width, height]: [f64; 4], color: &str, opacity: f64) {
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{color}" fill-opacity="{opacity:.2}"/>"#
        ));
    }

    /// Another drawing, turned to read from bottom to top, its origin at `x`, `y`.
    pub fn place_upwards(&mut self, x: f64, y: f64, other: &Canvas) {
        let elements = &other.svg;
        self.element(format_args!(r#"<g transform="translate({x:.2} {y:.2}) rotate(-90)">{elements}</g>"#));
    }

    /// The picture of this number, stretched over the rectangle.
    pub fn picture(&mut self, [x, y, width, height]: [f64; 4], number: usize) {
        self.element(format_args!(
            r#"<image x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" preserveAspectRatio="none" href="{number}"/>"#
        ));
    }

    /// Another drawing, moved.
    pub fn place(&mut self, x: f64, y: f64, other: &Canvas) {
        let elements = &other.svg;
        self.element(format_args!(r#"<g transform="translate({x:.2} {y:.2})">{elements}</g>"#));
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        self.svg.write_fmt(element).expect("writing to a String cannot fail");
        self.svg.push('\n');
    }
}

fn escape(text: &str) -> String {
    super::fonts::drawable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        let mut canvas = Canvas::default();
        canvas.text(0.0, 0.0, Anchor::Start, regular(8.0, INK), "a<b> & \u{0}</text>");
        assert!(canvas.elements().contains(">a&lt;b&gt; &amp;  &lt;/text&gt;</text>"), "{}", canvas.elements());
    }
}
