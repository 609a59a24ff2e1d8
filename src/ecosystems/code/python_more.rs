//! More of what packages of Python write: those that people use for media, sessions and pages.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Entry as In, Named},
    Does, Fact, Kind, NEEDS, Needs, When, needs_root_if, writes,
};

/// Functions and methods.
pub(super) const FACTS: &[Fact] = &[
    // github.com/yt-dlp/yt-dlp: "Embedding yt-dlp" and "Output template": where the process runs.
    writes("yt_dlp.YoutubeDL", In(0, "outtmpl"), Kind::File).or("x").when(QUIET_DOWNLOADER),
    writes("youtube_dl.YoutubeDL", In(0, "outtmpl"), Kind::File).or("x").when(QUIET_DOWNLOADER),
    // docs.fastf1.dev: "Caching"; docs.gspread.org: "Authentication"; the READMEs of sqlitedict and ezcord; captcha's
    // `image.py`; subzeroid.github.io/instagrapi: "Media" (`folder`), "Best Practices" (`dump_settings`).
    writes("fastf1.Cache.enable_cache", At(0, "cache_dir"), Kind::Folder),
    writes("gspread.oauth", Named("authorized_user_filename"), Kind::File).or("~"),
    writes("sqlitedict.SqliteDict", At(0, "filename"), Kind::Database),
    writes("ezcord.set_log", At(98, ""), Kind::Folder).or("logs").when(When::On(Named("file"))),
    writes(".write", At(1, "output"), Kind::File)
        .when(When::File(At(1, "output")))
        .with(&["captcha"]),
    writes(".dump_settings", At(0, "path"), Kind::File).with(INSTAGRAM),
    writes(".photo_download", At(1, "folder"), Kind::Folder).or(".").with(INSTAGRAM),
    writes(".video_download", At(1, "folder"), Kind::Folder).or(".").with(INSTAGRAM),
    writes(".clip_download", At(1, "folder"), Kind::Folder).or(".").with(INSTAGRAM),
    writes(".album_download", At(1, "folder"), Kind::Folder).or(".").with(INSTAGRAM),
    writes(".story_download", At(2, "folder"), Kind::Folder).or(".").with(INSTAGRAM),
    // github.com/WestHealth/pyvis: `Network.write_html` copies its scripts to `lib`, where the process runs.
    writes(".write_html", At(98, ""), Kind::Folder).or("lib").when(SCRIPTED).with(&["pyvis"]),
    writes(".save_graph", At(98, ""), Kind::Folder).or("lib").when(SCRIPTED).with(&["pyvis"]),
    writes(".show", At(98, ""), Kind::Folder).or("lib").when(SCRIPTED).with(&["pyvis"]),
    writes(".write_html", At(0, "name"), Kind::File).with(&["pyvis"]),
    writes(".save_graph", At(0, "name"), Kind::File).with(&["pyvis"]),
    writes(".show", At(0, "name"), Kind::File).with(&["pyvis"]),
    // dash.plotly.com: "Multi-Page Apps"; python-rq.org/docs/workers: what is queued names functions of any module.
    Fact { name: "dash.Dash", does: Does::LoadsFolders(Named("use_pages")) },
    Fact { name: "rq.Worker", does: Does::LoadsFolders(At(0, "queues")) },
    Fact { name: "rq.SimpleWorker", does: Does::LoadsFolders(At(0, "queues")) },
    Fact { name: "rq.worker.Worker", does: Does::LoadsFolders(At(0, "queues")) },
    // xael.org/pages/python-nmap-en.html: the options are nmap's.
    scan("-A"),
    scan("-O"),
    scan("-sO"),
    scan("-sS"),
    scan("-sU"),
    scan("--traceroute"),
];

/// Packages for Instagram's interface.
const INSTAGRAM: &[&str] = &["instagrapi"];

/// Unless it only looks up what there is.
const QUIET_DOWNLOADER: When = When::Lacks("download=False");

/// Unless pages load the scripts from a server, or have them inside.
const SCRIPTED: When = When::Lacks("cdn_resources");

/// A scan for which nmap needs raw sockets: nmap.org/book/man-port-scanning-techniques.html.
const fn scan(option: &'static str) -> Fact {
    needs_root_if(
        ".scan",
        Needs { told: Some((At(2, "arguments"), option)), with: &["nmap"], ..NEEDS },
    )
}
