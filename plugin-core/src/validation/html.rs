//! The page as one HTML file: figures are part of it, and nothing is fetched.

use super::figure::{Column, FIGURES, Figure, WIDTH};
use super::page::subject;
use super::printed::Printer;
use super::sites::{HEADINGS, site_rows};
use super::{Validation, ValidationError};
use crate::drawing::render::{svg, tree};
use std::fmt::Write;

const STYLE: &str = "body{font:14px/1.45 system-ui,sans-serif;color:#111;background:#fff;max-width:1180px;margin:24px auto;padding:0 16px}\
h1{font-size:22px;margin:0}h2{font-size:18px}.notice{font-weight:600}.muted,.missing{color:#555}\
.columns{display:flex;flex-wrap:wrap;gap:32px}.columns section{flex:1 1 480px;min-width:0}\
figure{margin:0 0 12px}figure svg{width:100%;height:auto}table{border-collapse:collapse;width:100%;margin-bottom:16px}\
th,td{padding:3px 8px 3px 0;border-bottom:1px solid #ddd;text-align:left;font-weight:400;vertical-align:top}\
thead th{font-weight:600}td{text-align:right;font-variant-numeric:tabular-nums}";

/// The page.
pub fn draw(validation: &Validation, columns: &[Column<'_>]) -> Result<String, ValidationError> {
    let printer = Printer::new(validation);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Validation: {0}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>Validation</h1>\n<p class=\"notice\">{1}</p>\n<p>{0}</p>\n",
        escape(&subject(validation)),
        crate::RESEARCH_USE_ONLY,
    );
    if let Some(cuts) = printer.cuts() {
        add(&mut page, format_args!("<p class=\"muted\">{}</p>\n", escape(&cuts)));
    }
    page.push_str("<div class=\"columns\">\n");
    for column in columns {
        add(&mut page, format_args!("<section>\n<h2>{}</h2>\n", escape(&column.title)));
        for (figure, (_, name)) in column.figures.iter().zip(FIGURES) {
            add_figure(&mut page, figure, &format!("{name}, {}", column.title))?;
        }
        add_numbers(&mut page, column, &printer);
        page.push_str("</section>\n");
    }
    page.push_str("</div>\n");
    add_sites(&mut page, validation, &printer);
    for method in validation.methods {
        add(&mut page, format_args!("<p class=\"muted\">{}</p>\n", escape(method)));
    }
    add(
        &mut page,
        format_args!(
            "<p class=\"muted\">Intervals in brackets: {}. BoneMuscle {}. Table with SHA-256 {}.</p>\n</body>\n</html>\n",
            printer.interval_name(),
            validation.software.version,
            validation.table_sha256,
        ),
    );
    Ok(page)
}

fn add_figure(page: &mut String, figure: &Figure, name: &str) -> Result<(), ValidationError> {
    let drawing = svg(&tree(&figure.canvas, [WIDTH, figure.height], &[])?);
    // An XML declaration has no place inside HTML.
    let drawing = drawing.find("<svg").map_or("", |start| &drawing[start..]);
    let drawing = drawing.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{}\" ", escape(name)), 1);
    // Only the size in points keeps a browser from fitting the drawing to its column.
    let view = format!("viewBox=\"0 0 {WIDTH} {}\"", figure.height);
    let drawing = match drawing.contains("viewBox") {
        true => drawing,
        false => drawing.replacen("<svg ", &format!("<svg {view} "), 1),
    };
    add(page, format_args!("<figure>\n{drawing}</figure>\n"));
    Ok(())
}

fn add_numbers(page: &mut String, column: &Column<'_>, printer: &Printer<'_>) {
    page.push_str("<table>\n<tbody>\n");
    for row in printer.rows(column.stratum) {
        let label = escape(&row.label);
        match row.text {
            Ok(text) => add(page, format_args!("<tr><th scope=\"row\">{label}</th><td>{}</td></tr>\n", escape(&text))),
            Err(reason) => add(
                page,
                format_args!(
                    "<tr><th scope=\"row\">{label}</th><td class=\"missing\">not computed: {}</td></tr>\n",
                    escape(&reason)
                ),
            ),
        }
    }
    page.push_str("</tbody>\n</table>\n");
}

fn add_sites(page: &mut String, validation: &Validation, printer: &Printer<'_>) {
    let rows = site_rows(validation, printer);
    if rows.is_empty() {
        return;
    }
    page.push_str("<h2>Sites</h2>\n<table>\n<thead><tr>");
    HEADINGS.iter().for_each(|heading| add(page, format_args!("<th scope=\"col\">{heading}</th>")));
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for (number, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            match number {
                0 => add(page, format_args!("<th scope=\"row\">{cell}</th>")),
                _ => add(page, format_args!("<td>{cell}</td>")),
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("writing to a String cannot fail");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_names_stays_text() {
        assert_eq!(super::escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
