//! Where an environment is built apart, only what installs need may be gone from the image.

use super::{of_one as objection_to, *};

const INSTALL: &str = "RUN pip install -r requirements.txt\n";

fn alters() -> Vec<Alteration> {
    let mut alters = split();
    alters.retain(|it| *it != Alteration::Run("apt-get install libpq5".to_owned()));
    alters
}

/// What the engine says if these lines before the install are in the builder alone.
fn left(lines: &str) -> Option<String> {
    let list = "COPY requirements.txt .\n";
    let end = "COPY src src\nCMD [\"x\"]\n";
    let before = format!("FROM a\nWORKDIR /w\n{list}{lines}{INSTALL}{end}");
    let after = format!(
        "FROM a AS builder\nWORKDIR /w\nRUN python -m venv /v\nENV PATH=/v/bin:$PATH\n{list}{lines}{INSTALL}\n\
         FROM a\nWORKDIR /w\nCOPY --from=builder /v /v\nENV PATH=/v/bin:$PATH\n{end}"
    );
    let files = |it| [("Dockerfile", it), ("requirements.txt", "flask"), ("src/app.py", "")];
    objection(&files(&before), &files(&after), alters())
}

#[test]
fn what_only_installs_need_may_be_gone() {
    for lines in [
        "",
        "RUN sed -i /x/d requirements.txt\n",
        "RUN sed -i -e 's/a/b/' -e 's/c/d/' ./requirements.txt\n",
        "RUN cp requirements.txt /tmp/requirements.txt\n",
        "RUN chmod 600 requirements.txt\n",
        "RUN rm requirements.txt && touch requirements.txt\n",
        "RUN ln -s /opt/poetry/bin/poetry /usr/local/bin/poetry\n",
        "RUN cp /root/.local/bin/uv /usr/local/bin/\n",
        "RUN pip install -U pip && pip install poetry==2.1.1\n",
        "RUN pipx install poetry\n",
        "RUN curl -sSL https://install.python-poetry.org | python3 -\n",
        "RUN wget https://x.example/six.whl && pip install ./six.whl && rm six.whl\n",
        "RUN pip install flask>=3\n",
        "RUN pip install flask && rm -rf /root/.cache && find /usr/local/lib -name tests -delete\n",
    ] {
        assert_eq!(left(lines), None, "{lines}");
    }
}

#[test]
fn what_else_a_run_leaves_stays() {
    for lines in [
        // Of the files that it works on, not all are for installs.
        "RUN sed -i /x/d requirements.txt /etc/locale.gen\n",
        "RUN sed /x/d requirements.txt > /srv/names\n",
        "RUN sed -n 'w /srv/list' requirements.txt\n",
        "RUN sed -i -f src/rules requirements.txt\n",
        "RUN cp requirements.txt /srv/requirements.txt\n",
        "RUN cat requirements.txt | tee /etc/app.conf\n",
        "RUN chown -R 1000 /w\n",
        // Files that are fetched, written or removed.
        "RUN curl -fsS https://x.example/a -o /srv/a\n",
        "RUN wget https://x.example/model.bin\n",
        "RUN curl -fsSO https://x.example/a.json\n",
        "RUN curl -fsS https://x.example/install.sh | sh\n",
        "RUN pip install flask && echo 1 > /srv/version\n",
        "RUN pip install flask && pip freeze > /srv/freeze\n",
        "RUN printf x >> /etc/profile\n",
        "RUN rm -rf /usr/share/nginx/html\n",
        "RUN rm -rf /usr/share/doc requirements.txt\n",
        "RUN find / -name '*.pyc' -delete\n",
        "RUN . /srv/settings.sh\n",
        // Packages that are elsewhere than in the environment.
        "RUN pip install -t /srv/lib flask\n",
        "RUN pip install --user flask\n",
        "RUN pip download flask -d /srv/wheels\n",
        "RUN pip wheel flask -w /srv/wheels\n",
        "RUN python -m venv /other\n",
        "RUN uv tool install httpie\n",
        "RUN pipx install httpie\n",
        "RUN npm install -g serve\n",
        "RUN npm ci\n",
        "RUN go install x.example/a@latest\n",
        // Programs that are none of a manager's.
        "RUN ln -s /usr/bin/pip3 /usr/bin/pip\n",
        "RUN ln -s /app/uv /srv/serve\n",
        "RUN cp /conf/uv /etc/app/uv\n",
    ] {
        assert!(left(lines).is_some(), "{lines}");
    }
}

#[test]
fn the_environment_is_filled_and_found() {
    for (from, to) in [
        // The builder installs elsewhere, or before the environment is there.
        (
            "ENV PATH=/v/bin:$PATH\nCOPY requirements.txt .\nRUN pip",
            "COPY requirements.txt .\nRUN pip",
        ),
        (
            "RUN python -m venv /v\nENV PATH=/v/bin:$PATH\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            "ENV PATH=/v/bin:$PATH\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nRUN python -m venv /v\n",
        ),
        // The image does not have it, or does not find it, when it is needed.
        (
            "COPY --from=builder /v /v\nENV PATH=/v/bin:$PATH\nCOPY . .\nRUN python manage.py collectstatic\n",
            "ENV PATH=/v/bin:$PATH\nCOPY . .\nRUN python manage.py collectstatic\nCOPY --from=builder /v /v\n",
        ),
        (
            "ENV PATH=/v/bin:$PATH\nCOPY . .\nRUN python manage.py collectstatic\n",
            "COPY . .\nRUN python manage.py collectstatic\nENV PATH=/v/bin:$PATH\n",
        ),
    ] {
        let after = SPLIT.1.replacen(from, to, 1);
        assert_ne!(after, SPLIT.1, "{from}");
        assert!(objection_to(SPLIT.0, &after, split()).is_some(), "{after}");
    }
}

#[test]
fn a_command_does_not_start_with_a_file_that_is_gone() {
    let before = "FROM a\nCOPY requirements.txt NOTE .\nRUN pip install -r requirements.txt\nCMD [\"cat\", \"README.md\"]\n";
    let after = "FROM a AS builder\nRUN python -m venv /v\nENV PATH=/v/bin:$PATH\nCOPY requirements.txt NOTE .\n\
                 RUN pip install -r requirements.txt\nFROM a\nCOPY --from=builder /v /v\nENV PATH=/v/bin:$PATH\n\
                 CMD [\"cat\", \"README.md\"]\n";
    let found = |note: &str| {
        objection_to(&before.replace("NOTE", note), &after.replace("NOTE", note), alters())
    };
    assert_eq!(found("LICENSE"), None);
    assert!(found("README.md").is_some());
}
