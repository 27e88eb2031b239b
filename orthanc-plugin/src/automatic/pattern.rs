//! `Description` of a rule: a pattern with `*` and `?`, or words.

/// What a text must look like; letters in either case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// The whole text, where `*` stands for anything and `?` for one character.
    Glob(Vec<char>),
    /// Each of these occurs somewhere.
    Words(Vec<String>),
}

impl Pattern {
    /// `None` for a text without a word.
    pub fn read(text: &str) -> Option<Pattern> {
        let text = text.trim().to_lowercase();
        match text.contains(['*', '?']) {
            _ if text.is_empty() => None,
            true => Some(Pattern::Glob(text.chars().collect())),
            false => Some(Pattern::Words(text.split_whitespace().map(str::to_owned).collect())),
        }
    }

    /// Whether `text` looks like this.
    pub fn fits(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        match self {
            Pattern::Glob(glob) => fits(glob, &text.chars().collect::<Vec<_>>()),
            Pattern::Words(words) => words.iter().all(|word| text.contains(word)),
        }
    }
}

/// Goes back to the latest `*` only, so that no pattern takes more than the product of both lengths.
fn fits(glob: &[char], text: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while next < text.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(one) if *one == '?' || *one == text[next] => {
                at += 1;
                next += 1;
            }
            _ => match star {
                Some((place, swallowed)) => {
                    at = place + 1;
                    next = swallowed + 1;
                    star = Some((place, next));
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|one| *one == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::read(pattern).unwrap().fits(text)
    }

    #[test]
    fn a_glob_is_the_whole_text() {
        for (pattern, text, expected) in [
            ("*abdomen*", "CT Abdomen 3mm", true),
            ("abdomen*", "CT Abdomen", false),
            ("ct ?mm", "CT 3mm", true),
            ("ct ?mm", "CT 10mm", false),
            ("*", "", true),
            ("?", "", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyyd", false),
            ("*腹部?t*", "単純 腹部CT", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn words_occur_in_any_order_and_case() {
        assert!(fits("thin abdomen", " Abdomen, THIN slices"));
        assert!(!fits("thin abdomen", "Abdomen 5 mm"));
        assert!(fits("腹部", "単純腹部CT"));
    }

    #[test]
    fn nothing_is_no_pattern() {
        assert_eq!(Pattern::read(" \t"), None);
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!fits(&pattern, &"a".repeat(20_000)));
    }
}
