use std::path::PathBuf;

/// The file of the library or program that this crate is linked into, as the kernel maps it: links to it are followed.
pub fn own_file() -> Option<PathBuf> {
    let here = own_file as fn() -> Option<PathBuf> as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let bounds = range.map(|(from, to)| (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16)));
        matches!(bounds, Some((Ok(from), Ok(to))) if (from..to).contains(&here))
    })?;
    Some(PathBuf::from(&line[line.find('/')?..]))
}

#[cfg(test)]
mod tests {
    #[test]
    fn in_a_program_it_is_the_program() {
        let program = std::env::current_exe().expect("a running program").canonicalize().expect("its file exists");
        assert_eq!(super::own_file(), Some(program));
    }
}
