/// The system calls of a process, as `strace -f -yy` records them.
#[derive(Debug)]
pub(crate) struct Trace {
    /// In the order of their starts.
    pub(crate) calls: Vec<Call>,
}

/// A system call.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The file or socket in the first argument.
    pub(crate) target: String,
    /// The texts in the arguments, joined. A byte is the character of the same number, because
    /// strings are searched faster than bytes.
    pub(crate) data: String,
    /// The line where the call started, and the line where it ended. A call ended before another
    /// started if the number of its end is lower than that of the other's start.
    pub(crate) start: usize,
    pub(crate) end: Option<usize>,
    pub(crate) succeeded: bool,
}

impl Trace {
    pub(crate) fn parse(text: &str) -> Self {
        let mut calls: Vec<Call> = Vec::new();
        let mut unfinished: Vec<(&str, usize)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let (thread, line) = line.split_once(' ').expect("a thread");
            let (_, line) = line.trim_start().split_once(' ').expect("a time");
            if line.starts_with("+++") || line.starts_with("---") {
                continue;
            }
            if let Some(rest) = line.strip_prefix("<... ") {
                let of_thread = |(other, _): &(&str, usize)| *other == thread;
                let at = unfinished.iter().position(of_thread);
                let (_, call) = unfinished.swap_remove(at.expect("a call that began"));
                calls[call].finish(number, rest);
                continue;
            }
            let mut call = Call::begin(number, line);
            match line.strip_suffix(" <unfinished ...>") {
                Some(_) => unfinished.push((thread, calls.len())),
                None => call.finish(number, line),
            }
            calls.push(call);
        }
        Self { calls }
    }
}

impl Call {
    fn begin(number: usize, line: &str) -> Self {
        let (name, arguments) = line.split_once('(').expect("a call");
        Self {
            name: name.to_owned(),
            target: target(arguments).to_owned(),
            data: texts(arguments),
            start: number,
            end: None,
            succeeded: false,
        }
    }

    fn finish(&mut self, number: usize, line: &str) {
        let (_, result) = line.rsplit_once(" = ").expect("a result");
        self.end = Some(number);
        self.succeeded = !result.starts_with(['-', '?']);
    }
}

/// Returns the name that `-yy` prints for the first descriptor: `6</srv/roomd.db-wal>, ...`.
fn target(arguments: &str) -> &str {
    let Some((_, named)) = arguments.split_once('<') else {
        return "";
    };
    let end = named.find(">,").or_else(|| named.find(">)"));
    let end = end.or_else(|| named.find("> <unfinished"));
    &named[..end.expect("the end of the name")]
}

/// Returns the texts in quotation marks, with C escapes resolved.
fn texts(arguments: &str) -> String {
    let (mut data, mut rest) = (String::new(), arguments);
    while let Some((_, quoted)) = rest.split_once('"') {
        rest = read_text(quoted, &mut data);
    }
    data
}

/// Reads a text up to its closing quotation mark; returns the rest behind it.
fn read_text<'a>(mut quoted: &'a str, data: &mut String) -> &'a str {
    while let Some(at) = quoted.find(['"', '\\']) {
        data.push_str(&quoted[..at]);
        let rest = &quoted[at + 1..];
        if quoted[at..].starts_with('"') {
            return rest;
        }
        let (character, length) = escaped(rest);
        data.push(character);
        quoted = &rest[length..];
    }
    ""
}

/// Returns the character of an escape sequence, and the length of the sequence.
fn escaped(rest: &str) -> (char, usize) {
    let digits = rest
        .bytes()
        .take(3)
        .take_while(|b| (b'0'..b'8').contains(b));
    let length = digits.count();
    if let Ok(byte) = u8::from_str_radix(&rest[..length], 8) {
        return (char::from(byte), length);
    }
    let character = match rest.chars().next().expect("an escaped character") {
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        same => same,
    };
    (character, 1)
}

#[test]
fn a_call_is_parsed_with_its_target_data_and_result() {
    let trace = Trace::parse(
        r#"7  14:55:37.940534 pwrite64(6</srv/a.db-wal>, "7\177\6\202\0-\n\"\\\0011\18", 12, 0) = 12
8  14:55:37.940535 writev(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3
7  14:55:37.940536 fsync(6</srv/a.db-wal>) = -1 EIO (Input/output error)
7  14:55:37.940537 exit_group(0)     = ?
7  14:55:37.940538 +++ exited with 0 +++"#,
    );
    let read = |call: &Call| (call.target.clone(), call.data.clone(), call.succeeded);
    let calls: Vec<_> = trace.calls.iter().map(read).collect();
    let page = "7\x7f\x06\u{82}\0-\n\"\\\x011\x018".to_owned();
    assert_eq!(calls[0], ("/srv/a.db-wal".into(), page, true));
    let socket = "TCP:[127.0.0.1:1->127.0.0.1:2]".to_owned();
    assert_eq!(calls[1], (socket, "abc".to_owned(), true));
    assert_eq!(calls[2], ("/srv/a.db-wal".into(), String::new(), false));
    assert_eq!(calls.len(), 4);
}

#[test]
fn an_interrupted_call_has_the_lines_of_its_start_and_end() {
    let trace = Trace::parse(
        r#"7  14:55:37.1 fsync(6</srv/a.db-wal> <unfinished ...>
8  14:55:37.2 sendto(9<socket:[5]>, "a", 1, MSG_NOSIGNAL, NULL, 0 <unfinished ...>
7  14:55:37.3 <... fsync resumed>)    = 0
9  14:55:37.4 fdatasync(6</srv/a.db-wal> <unfinished ...>
8  14:55:37.5 <... sendto resumed>)   = 1"#,
    );
    let lines = |call: &Call| (call.start, call.end, call.succeeded);
    let lines: Vec<_> = trace.calls.iter().map(lines).collect();
    assert_eq!(
        lines,
        [(0, Some(2), true), (1, Some(4), true), (3, None, false)]
    );
    assert_eq!(trace.calls[0].target, "/srv/a.db-wal");
}
