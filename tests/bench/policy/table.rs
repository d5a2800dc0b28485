//! What was measured, as tables.

use std::fmt::Write as _;

/// One engine on one preview.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) engine: String,
    /// Seconds, the median.
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    pub(crate) peak_bytes: u64,
    pub(crate) runs: usize,
}

/// All engines on one preview with so many rules; ours is the first row.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rules: usize,
    pub(crate) resources: usize,
    pub(crate) file_bytes: u64,
    pub(crate) findings: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory fit")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

impl Table {
    /// As markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "### {} resources ({:.1} MB), {} rules: {} findings, the same from all\n\n\
             | engine | wall, ms | ratio | CPU, ms | peak memory, MB | memory / file | runs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
            self.resources,
            megabytes(self.file_bytes),
            self.rules,
            self.findings
        );
        let ours = self.rows.first().map_or(f64::NAN, |row| row.wall);
        for row in &self.rows {
            let peak = megabytes(row.peak_bytes);
            writeln!(
                text,
                "| {} | {:.1} | {:.1} | {:.1} | {peak:.0} | {:.1} | {} |",
                row.engine,
                row.wall * 1e3,
                row.wall / ours,
                row.cpu * 1e3,
                peak / megabytes(self.file_bytes),
                row.runs
            )
            .unwrap();
        }
        for note in &self.notes {
            write!(text, "\n{note}\n").unwrap();
        }
        text
    }

    /// How much slower than our first row the fastest peer is; so many rows are ours.
    pub(crate) fn lead(&self, ours: usize) -> Option<(&Row, f64)> {
        let peers = self.rows.iter().skip(ours);
        let ours = self.rows.first()?;
        let fastest = peers.min_by(|a, b| a.wall.total_cmp(&b.wall))?;
        Some((fastest, fastest.wall / ours.wall))
    }
}
