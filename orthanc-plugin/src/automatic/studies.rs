//! All studies of an archive in the order of their Orthanc identifiers. These are digests, so the order is by chance: the first hundred are
//! a fair sample, and a single identifier says how far somebody has got, whatever is stored or deleted meanwhile.

use crate::archive::Archive;
use crate::refusal::Refusal;
use crate::sdk::Method;

/// Studies after one of them, and how many there are in all.
#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    /// In order.
    pub studies: Vec<String>,
    /// All in the archive.
    pub total: usize,
}

/// At most `most` studies after `after`.
pub fn next(archive: &dyn Archive, after: Option<&str>, most: usize) -> Result<Next, Refusal> {
    let reply = archive.call(Method::Get, "/studies", &[], b"")?;
    let all: Vec<&str> = serde_json::from_slice(&reply.body)
        .map_err(|error| Refusal::internal(format!("Orthanc's list of studies is not understood: {error}")))?;
    Ok(Next { total: all.len(), studies: smallest(all, after, most) })
}

fn smallest(mut all: Vec<&str>, after: Option<&str>, most: usize) -> Vec<String> {
    all.retain(|id| after.is_none_or(|after| *id > after));
    if all.len() > most {
        all.select_nth_unstable(most);
        all.truncate(most);
    }
    all.sort_unstable();
    all.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_on_after_the_last_one_reaches_each_once() {
        let all = ["d", "a", "c", "e", "b"];
        let mut reached = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let next = smallest(all.to_vec(), after.as_deref(), 2);
            let Some(last) = next.last() else { break };
            after = Some(last.clone());
            reached.extend(next);
        }
        assert_eq!(reached, ["a", "b", "c", "d", "e"]);
    }
}
