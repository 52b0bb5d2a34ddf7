use super::*;

/// A file of its own for each test, gone with it.
struct File(PathBuf);

impl File {
    fn with(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("parlour-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn load(
    name: &str,
    text: &str,
    variables: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Config, Problems> {
    let file = File::with(name, text);
    let flags = flags
        .iter()
        .map(|(key, value)| (key_named(key).unwrap().index(), vec![(*value).to_owned()]));
    let typed = Typed {
        file: Some(file.0.clone()),
        flags: flags.collect(),
    };
    Config::load(
        &typed,
        variables.iter().map(|(name, value)| (name.into(), value.into())),
    )
}

fn problems(text: &str) -> Vec<String> {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    match load(&format!("problems-{count}"), text, &[], &[]) {
        Ok(_) => panic!("accepted: {text}"),
        Err(Problems(problems)) => problems,
    }
}

#[test]
fn flags_beat_variables_beat_the_file_beats_defaults() {
    let text = "[rooms]\nmax_people = 5\nhold = \"7s\"\nporch = 3\n";
    let config = load(
        "layers",
        text,
        &[("PARLOUR_MAX_PEOPLE", "6"), ("PARLOUR_ROOMS_HOLD", "8s")],
        &[("rooms.max_people", "7")],
    )
    .unwrap();
    let rooms = &config.values.rooms;
    assert_eq!((rooms.cap, rooms.hold.as_secs(), rooms.porch), (7, 8, 3));
    let source = |name| config.source(key_named(name).unwrap());
    assert_eq!(source("rooms.max_people"), Source::Flag);
    assert_eq!(source("rooms.hold"), Source::Variable);
    assert_eq!(source("rooms.porch"), Source::File(4));
    assert_eq!(source("rooms.misses"), Source::Default);
    assert_eq!(config.called("rooms.max_people"), "--max-people");
    assert_eq!(config.called("rooms.hold"), "PARLOUR_ROOMS_HOLD");
    assert!(
        config.called("rooms.porch").starts_with("rooms.porch (")
            && config.called("rooms.porch").ends_with(", line 4)")
    );
}

#[test]
fn a_list_is_replaced_whole_by_the_next_layer() {
    let text = "[embed]\nallowed_origins = [\"https://a.example\", \"https://b.example\"]\n";
    let both = load("list-file", text, &[], &[]).unwrap();
    assert_eq!(both.values.origins, ["https://a.example", "https://b.example"]);
    let one = load(
        "list-variable",
        text,
        &[("PARLOUR_ALLOW_ORIGIN", "https://c.example, https://d.example")],
        &[],
    )
    .unwrap();
    assert_eq!(one.values.origins, ["https://c.example", "https://d.example"]);
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
    for (text, line, meant) in [
        (
            "\n[relay]\nlisen = \"127.0.0.1:1\"\n",
            "line 3",
            "did you mean relay.listen?",
        ),
        ("max_people = 4\n", "line 1", "did you mean rooms.max_people?"),
        ("[room]\nmax_people = 4\n", "line 1", "did you mean rooms?"),
        (
            "[rooms]\nmax-people = 4\n",
            "line 2",
            "did you mean rooms.max_people?",
        ),
        (
            "# x\nrelay.lsten = \"a\"\n",
            "line 2",
            "did you mean relay.listen?",
        ),
        ("[zzzzz]\nq = 1\n", "line 1", "parlour config example"),
    ] {
        let found = problems(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(line) && found[0].contains(meant), "{found:?}");
    }
}

#[test]
fn a_wrong_value_names_key_line_and_what_is_allowed() {
    for (text, words) in [
        (
            "[rooms]\nhold = \"30\"\n",
            ["line 2", "rooms.hold = \"30\"", "ms, s, m, h or d"],
        ),
        (
            "[rooms]\nhold = 30\n",
            ["line 2", "rooms.hold = 30", "text in quotes"],
        ),
        ("[rooms]\nhold = \"11m\"\n", ["line 2", "rooms.hold", "to 10m"]),
        (
            "[rooms]\nmax_people = \"8\"\n",
            ["line 2", "rooms.max_people", "without quotes"],
        ),
        (
            "[rooms]\nmax_people = 17\n",
            ["line 2", "rooms.max_people = 17", "from 2 to 16"],
        ),
        (
            "[rooms]\nmax_people = 0x8\n",
            ["line 2", "rooms.max_people", "decimal"],
        ),
        (
            "[rooms]\nmax_people = -1\n",
            ["line 2", "rooms.max_people", "from 2 to 16"],
        ),
        (
            "[rooms]\nframes = \"50/s\"\n",
            ["line 2", "rooms.frames", "20 then 4/m"],
        ),
        (
            "[relay]\nbits_per_room = \"8Mbps\"\n",
            ["line 2", "bits_per_room", "Mbit/s"],
        ),
        (
            "[relay]\nqueue_bytes = \"64kB\"\n",
            ["line 2", "queue_bytes", "KiB"],
        ),
        (
            "[relay]\nlisten = \"3478\"\n",
            ["line 2", "relay.listen", "127.0.0.1:8080"],
        ),
        (
            "[relay]\nhost = \"https://x\"\n",
            ["line 2", "relay.host", "meet.example.org"],
        ),
        (
            "[embed]\nallowed_origins = \"*\"\n",
            ["line 2", "allowed_origins", "list"],
        ),
        (
            "[embed]\nallowed_origins = [1]\n",
            ["line 2", "allowed_origins", "quotes"],
        ),
        (
            "[embed]\nallowed_origins = [\"*\",\n \"x\"]\n",
            ["line 2", "allowed_origins", "web origin"],
        ),
        (
            "[public_relay]\nallow = [\"10.0.0.1/8\"]\n",
            ["line 2", "public_relay.allow", "10.0.0.0/8"],
        ),
        (
            "[listen]\nadmin = [\"0.0.0.0:9400\"]\n",
            ["line 2", "listen.admin", "loopback"],
        ),
        ("relay = 5\n", ["line 1", "relay is a table", "[relay]"]),
        (
            "[rooms]\nhold = \"1s\"\nhold = \"2s\"\n",
            ["line 3", "duplicate", ""],
        ),
        ("[rooms\n", ["line 1", "", ""]),
    ] {
        let found = problems(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        for word in words {
            assert!(found[0].contains(word), "{word:?} is missing: {found:?}");
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once_and_a_secret_is_never_repeated() {
    let file = "[rooms]\nmax_people = 1\nhold = \"x\"\n[public_relay]\nsecret = [\"nextcloud = topsecret-topsecret\"]\n";
    let Err(found) = load("all", file, &[("PARLOUR_LOG", "loud")], &[]) else {
        panic!("accepted")
    };
    assert_eq!(found.0.len(), 4, "{found}");
    assert!(found.to_string().contains("PARLOUR_LOG=loud"), "{found}");
    assert!(!found.to_string().contains("topsecret"), "{found}");
}

#[test]
fn empty_variables_do_not_count_and_nearly_right_ones_are_noted() {
    let config = load(
        "variables",
        "",
        &[
            ("PARLOUR_RELAY_HOST", ""),
            ("PARLOUR_RELAY_HSOT", "x"),
            ("PARLOUR_SERVICE_PORT_HTTPS_TCP", "443"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(config.values.relay_host, None);
    assert_eq!(config.notes.len(), 1, "{:?}", config.notes);
    assert!(
        config.notes[0].contains("PARLOUR_RELAY_HOST"),
        "{:?}",
        config.notes
    );
}

#[test]
fn the_example_says_the_defaults_with_and_without_its_comment_signs() {
    let text = example();
    let as_printed = load("example", &text, &[], &[]).unwrap();
    assert!(KEYS.iter().all(|key| as_printed.source(key) == Source::Default));

    let all: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{rest}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    let uncommented = load("uncommented", &all, &[], &[]).unwrap();
    let defaults = Config::default();
    for key in KEYS {
        assert!(
            matches!(uncommented.source(key), Source::File(_)),
            "{} is missing",
            key.name
        );
        match key.example {
            Some(example) => assert_eq!(uncommented.texts(key), [example], "{}", key.name),
            None => assert_eq!(uncommented.texts(key), defaults.texts(key), "{}", key.name),
        }
    }
}

#[test]
fn every_default_is_a_value_that_may_be_written() {
    let defaults = Config::default();
    for key in KEYS {
        for text in defaults.texts(key).iter().map(String::as_str).chain(key.example) {
            assert_eq!(key.check(text), Ok(()), "{} = {text}", key.name);
        }
        assert_eq!(
            defaults.texts(key).is_empty(),
            key.example.is_some(),
            "{} needs a default or an example, not both",
            key.name
        );
    }
}

#[test]
fn names_are_told_apart_and_follow_one_rule() {
    let mut flags: Vec<_> = KEYS.iter().map(Key::flag).collect();
    flags.sort_unstable();
    flags.dedup();
    assert_eq!(flags.len(), KEYS.len(), "two keys share a flag");
    for key in KEYS {
        assert!(
            key.flag().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{}",
            key.flag()
        );
        assert_eq!(
            key.variable(),
            format!("PARLOUR_{}", key.flag().to_uppercase().replace('-', "_"))
        );
        assert!(!key.help.ends_with('.') && !key.help.is_empty(), "{}", key.name);
        let _ = key.section();
    }
}

#[test]
fn what_is_shown_is_a_file_that_says_the_same_and_keeps_secrets() {
    let text = "[rooms]\nmax_people = 5\n[public_relay]\nsecret = \"talk = topsecret-topsecret\"\n";
    let config = load("show", text, &[("PARLOUR_LOG", "warn")], &[]).unwrap();
    let shown = show(&config, true);
    assert!(!shown.contains("topsecret"), "{shown}");
    for (value, from) in [
        ("max_people = 5", "line 2 of the file"),
        ("level = \"warn\"", "PARLOUR_LOG"),
        ("hold = \"30s\"", "default"),
        ("# secret is set and not shown", "line 4 of the file"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(value)).unwrap();
        assert!(line.ends_with(&format!("# {from}")), "{line}");
    }
    let again = load("shown", &show(&config, false), &[], &[]).unwrap();
    let differing: Vec<_> = again.changes(&config).iter().map(|key| key.name).collect();
    assert_eq!(differing, ["public_relay.secret"]);
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let typed = Typed {
        file: Some("/nowhere/parlour.toml".into()),
        flags: Vec::new(),
    };
    let Err(problems) = Config::load(&typed, []) else {
        panic!("accepted")
    };
    assert!(
        problems.to_string().contains("/nowhere/parlour.toml"),
        "{problems}"
    );
}

/// docs/configuration.md is made from the table: `PARLOUR_WRITE_DOCS=1 cargo test -p parlour` writes it anew.
#[test]
fn the_reference_page_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("PARLOUR_WRITE_DOCS").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == reference(),
        "docs/configuration.md is not that of the table; PARLOUR_WRITE_DOCS=1 writes it"
    );
}
