//! The results as JSON, every reading included.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    frame::Kind,
    results::{CaseResults, Judgement},
    run::{Plan, SLICE},
};

/// Writes `results` and the circumstances to `path`.
pub fn write(path: &Path, plan: &Plan, results: &[CaseResults]) -> Result<()> {
    let all = json!({
        "machine": machine(),
        "runs": plan.runs,
        "slices": plan.slices,
        "slice_seconds": SLICE.as_secs_f64(),
        "binary_messages": plan.kind == Kind::Binary,
        "cases": results.iter().map(case).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&all)?;
    fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}

fn case(results: &CaseResults) -> Value {
    let peers: serde_json::Map<_, _> = results
        .readings
        .iter()
        .map(|(peer, readings)| {
            (peer.to_string(), json!({ "figure": results.figure(*peer), "readings": readings }))
        })
        .collect();
    json!({
        "name": results.case.name,
        "title": results.case.title,
        "unit": results.case.unit,
        "pick": results.case.pick.name(),
        "peers": peers,
        "limits": results.judgements().iter().map(judgement).collect::<Vec<_>>(),
    })
}

fn judgement(judgement: &Judgement) -> Value {
    let Judgement { value, against, runs, limit } = judgement;
    json!({ "value": value, "against": against, "runs": runs, "limit": limit, "pass": judgement.passes() })
}

fn machine() -> Value {
    json!({ "cpu": cpu_model(), "kernel": first_line("/proc/sys/kernel/osrelease") })
}

fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.lines().next()?.to_owned())
}
