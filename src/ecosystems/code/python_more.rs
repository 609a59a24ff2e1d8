//! More of what packages of Python write: those that people use for media, sessions and pages.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Entry as In, Named, Object},
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
    // developers.llamaindex.ai: "Persisting & Loading Data" (`persist`, whose folder is `./storage`).
    writes(".persist", At(0, "persist_dir"), Kind::Folder)
        .or("storage")
        .when(When::Says(Object, "storage_context")),
    writes(".persist", At(0, "persist_dir"), Kind::Folder)
        .or("storage")
        .when(When::Mentioned)
        .with(&["llama_index"]),
    // spacy.io: "Saving and Loading"; `DocBin.to_disk` makes a file.
    writes(".to_disk", At(0, "path"), Kind::File)
        .when(When::File(At(0, "path")))
        .with(&["spacy", "thinc"]),
    writes(".to_disk", At(0, "path"), Kind::Folder)
        .when(When::NoFile(At(0, "path")))
        .with(&["spacy", "thinc"]),
    // pytba.readthedocs.io: "TeleBot" and "State storages".
    writes(".enable_save_next_step_handlers", At(1, "filename"), Kind::File)
        .or(".handler-saves/step.save"),
    writes(".enable_save_reply_handlers", At(1, "filename"), Kind::File)
        .or(".handler-saves/reply.save"),
    writes(".enable_saving_states", At(0, "filename"), Kind::File).or(STATES),
    writes("telebot.storage.StatePickleStorage", At(0, "file_path"), Kind::File).or(STATES),
    writes("telebot.asyncio_storage.StatePickleStorage", At(0, "file_path"), Kind::File).or(STATES),
    // vcrpy.readthedocs.io: "Usage" and "Record Modes".
    writes("vcr.use_cassette", At(0, "path"), Kind::File).when(RECORDS),
    writes("vcr.VCR", Named("cassette_library_dir"), Kind::Folder).when(RECORDS),
    writes(".use_cassette", At(0, "path"), Kind::File)
        .when(When::Lacks("cassette_library_dir"))
        .with(&["vcr"]),
    // docs.celeryq.dev: "Configuration and defaults" (`result_backend`, "File-system backend settings"), "Using the
    // filesystem as a broker": the folders of which nothing tells are where it runs.
    writes("celery.Celery", Named("backend"), Kind::FolderUrl),
    writes("celery.Celery", At(98, ""), Kind::Folder)
        .or(".")
        .when(When::Says(Named("broker"), "filesystem://")),
    Fact { name: ".config_from_object", does: Does::Imports(0) },
    // surprise.readthedocs.io: "dump module"; gensim 4.4: `utils.py` (`SaveLoad.save`), `models/keyedvectors.py`,
    // `models/fasttext.py`, `corpora/dictionary.py`, `corpora/indexedcorpus.py`; skops 0.16: `io/_persist.py`; hnswlib 0.8:
    // `bindings.cpp`; pycaret.gitbook.io: "Deploy" (`save_model`), "Initialize"
    // (`setup`, whose log is `logs.log`).
    writes("surprise.dump.dump", At(0, "file_name"), Kind::File),
    writes("skops.io.dump", At(1, "file"), Kind::File),
    writes(".save", At(0, "fname_or_handle"), Kind::File).with(&["gensim"]),
    writes(".save_as_text", At(0, "fname"), Kind::File).with(&["gensim"]),
    writes(".save_corpus", At(0, "fname"), Kind::File).with(&["gensim"]),
    writes(".save_word2vec_format", At(0, "fname"), Kind::File).with(&["gensim"]),
    writes(".serialize", At(0, "fname"), Kind::File).with(&["gensim.corpora"]),
    writes("gensim.models.fasttext.save_facebook_model", At(1, "path"), Kind::File),
    writes(".save_index", At(0, "path_to_index"), Kind::File).with(&["hnswlib"]),
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

/// Where the states of a bot are kept.
const STATES: &str = ".state-save/states.pkl";

/// Unless it only plays what is there.
const RECORDS: When = When::Unless(Named("record_mode"), &["NONE", "\"none\"", "'none'"]);

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
