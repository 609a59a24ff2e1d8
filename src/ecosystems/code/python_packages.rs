//! What well-known packages of Python write, and which of them load modules by themselves.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Named, Object},
    DOCKER, Does, Fact, Gives, Kind, Needs, When, gives, may_write, needs_root, needs_root_if,
    starts, writes, writes_if,
};

/// Functions and methods.
pub(super) const FACTS: &[Fact] = &[
    // Settings: the READMEs of python-decouple and environs; django-environ.readthedocs.io; starlette.io:
    // "Configuration"; docs.pydantic.dev: "Fields".
    gives("decouple.config", Gives::Variable),
    gives("environs.Env.str", Gives::Variable),
    gives("environs.Env.path", Gives::Variable),
    gives("environ.Env.str", Gives::Variable),
    gives("environ.Env.path", Gives::Variable),
    gives("starlette.config.Config", Gives::Environment),
    gives("pydantic.Field", Gives::Default),
    gives("dataclasses.field", Gives::Default),
    gives("werkzeug.utils.secure_filename", Gives::First),
    // flask.palletsprojects.com: "Instance Folders".
    gives(".instance_path", Gives::Beneath("instance")),
    writes("dotenv.set_key", At(0, "dotenv_path"), Kind::File),
    // SQLite: the packages' own references; docs.sqlalchemy.org: "Engine Configuration".
    writes("aiosqlite.connect", At(0, "database"), Kind::Database),
    writes("apsw.Connection", At(0, "filename"), Kind::Database),
    writes("peewee.SqliteDatabase", At(0, "database"), Kind::Database),
    writes("playhouse.sqlite_ext.SqliteExtDatabase", At(0, "database"), Kind::Database),
    writes("playhouse.db_url.connect", At(0, "url"), Kind::Url),
    writes("sqlalchemy.create_engine", At(0, "url"), Kind::Url),
    writes("sqlalchemy.ext.asyncio.create_async_engine", At(0, "url"), Kind::Url),
    writes("sqlmodel.create_engine", At(0, "url"), Kind::Url),
    writes("databases.Database", At(0, "url"), Kind::Url),
    writes("dataset.connect", At(0, "url"), Kind::Url),
    writes("dj_database_url.config", Named("default"), Kind::Url),
    writes("dj_database_url.parse", At(0, "url"), Kind::Url),
    writes("environ.Env.db", Named("default"), Kind::Url),
    writes("environ.Env.db_url", Named("default"), Kind::Url),
    writes("tortoise.Tortoise.init", At(1, "db_url"), Kind::Url),
    writes("tortoise.contrib.fastapi.register_tortoise", Named("db_url"), Kind::Url),
    writes("tortoise.contrib.fastapi.RegisterTortoise", Named("db_url"), Kind::Url),
    writes("apscheduler.jobstores.sqlalchemy.SQLAlchemyJobStore", At(0, "url"), Kind::Url),
    writes("huey.SqliteHuey", Named("filename"), Kind::Database).or("huey.db"),
    writes(".bind", At(1, "filename"), Kind::Database).with(&["pony"]),
    // Other databases: tinydb.readthedocs.io, docs.trychroma.com, duckdb.org, lmdb.readthedocs.io,
    // plyvel.readthedocs.io, whoosh.readthedocs.io, lancedb.github.io, python-client.qdrant.tech, milvus.io.
    writes("tinydb.TinyDB", At(0, "path"), Kind::File),
    writes("pickledb.load", At(0, "location"), Kind::File),
    writes("pickledb.PickleDB", At(0, "location"), Kind::Entry),
    writes("chromadb.PersistentClient", At(0, "path"), Kind::Folder).or("chroma"),
    writes("duckdb.connect", At(0, "database"), Kind::Database),
    writes("lmdb.open", At(0, "path"), Kind::Folder),
    writes("plyvel.DB", At(0, "name"), Kind::Folder),
    writes("whoosh.index.create_in", At(0, "dirname"), Kind::Folder),
    writes("lancedb.connect", At(0, "uri"), Kind::Folder),
    writes("qdrant_client.QdrantClient", Named("path"), Kind::Folder),
    writes("pymilvus.MilvusClient", At(0, "uri"), Kind::Database),
    writes("faiss.write_index", At(1, "fname"), Kind::File),
    writes(".save_local", At(0, "folder_path"), Kind::Folder),
    // Caches and sessions: grantjenks.com/docs/diskcache, cachelib.readthedocs.io, joblib.readthedocs.io,
    // requests-cache.readthedocs.io: "Cache Files".
    writes("diskcache.Cache", At(0, "directory"), Kind::Folder),
    writes("diskcache.FanoutCache", At(0, "directory"), Kind::Folder),
    writes("diskcache.Deque", At(1, "directory"), Kind::Folder),
    writes("diskcache.Index", At(0, "directory"), Kind::Folder),
    writes("cachelib.FileSystemCache", At(0, "cache_dir"), Kind::Folder),
    writes("cachelib.file.FileSystemCache", At(0, "cache_dir"), Kind::Folder),
    writes("cachecontrol.caches.FileCache", At(0, "directory"), Kind::Folder),
    writes("cachecontrol.caches.file_cache.FileCache", At(0, "directory"), Kind::Folder),
    writes("joblib.Memory", At(0, "location"), Kind::Folder),
    writes("requests_cache.CachedSession", At(0, "cache_name"), Kind::File)
        .or("http_cache.sqlite")
        .when(When::Without(&["backend", "use_temp", "use_cache_dir"])),
    writes("requests_cache.install_cache", At(0, "cache_name"), Kind::File)
        .or("http_cache.sqlite")
        .when(When::Without(&["backend", "use_temp", "use_cache_dir"])),
    // Uploads: docs.djangoproject.com: "File storage API"; werkzeug.palletsprojects.com: `FileStorage.save`.
    writes("django.core.files.storage.FileSystemStorage", At(0, "location"), Kind::Folder),
    writes(".save", At(0, "fp"), Kind::File).with(&[
        "PIL", "discord", "disnake", "docx", "edge_tts", "flask", "gtts", "nextcord", "openpyxl",
        "pptx", "quart", "werkzeug", "xlwt",
    ]),
    // Whatever the file imports: an upload of werkzeug's or discord's that another file hands it.
    writes(".save", At(0, "fp"), Kind::File).when(When::Upload),
    // Logs: loguru.readthedocs.io: `Logger.add`; the README of concurrent-log-handler; docs.python.org:
    // "logging.config".
    writes("loguru.logger.add", At(0, "sink"), Kind::File),
    writes("concurrent_log_handler.ConcurrentRotatingFileHandler", At(0, "filename"), Kind::File),
    writes(
        "concurrent_log_handler.ConcurrentTimedRotatingFileHandler",
        At(0, "filename"),
        Kind::File,
    ),
    // Tables: pandas.pydata.org and docs.pola.rs: "Input/output"; docs.h5py.org: "File Objects".
    writes(".to_csv", At(0, "path_or_buf"), Kind::File).with(TABLES),
    writes(".to_excel", At(0, "excel_writer"), Kind::File).with(TABLES),
    writes(".to_json", At(0, "path_or_buf"), Kind::File).with(TABLES),
    writes(".to_html", At(0, "buf"), Kind::File).with(TABLES),
    writes(".to_parquet", At(0, "path"), Kind::File).with(TABLES),
    writes(".to_feather", At(0, "path"), Kind::File).with(TABLES),
    writes(".to_pickle", At(0, "path"), Kind::File).with(TABLES),
    writes(".to_hdf", At(0, "path_or_buf"), Kind::File).with(TABLES),
    writes(".to_file", At(0, "filename"), Kind::File).with(&["geopandas", "wordcloud"]),
    writes(".write_csv", At(0, "file"), Kind::File).with(&["polars"]),
    writes(".write_excel", At(0, "workbook"), Kind::File).with(&["polars"]),
    writes(".write_json", At(0, "file"), Kind::File).with(&["polars", "plotly"]),
    writes(".write_parquet", At(0, "file"), Kind::File).with(&["polars"]),
    writes("pandas.ExcelWriter", At(0, "path"), Kind::File),
    gives("pandas.ExcelWriter", Gives::First),
    writes("pyarrow.parquet.write_table", At(1, "where"), Kind::File),
    writes_if("h5py.File", At(0, "name"), At(1, "mode"), &["w", "a", "+", "x"]),
    writes("xlsxwriter.Workbook", At(0, "filename"), Kind::File),
    writes("numpy.save", At(0, "file"), Kind::File),
    writes("numpy.savez", At(0, "file"), Kind::File),
    writes("numpy.savez_compressed", At(0, "file"), Kind::File),
    writes("numpy.savetxt", At(0, "fname"), Kind::File),
    writes("joblib.dump", At(1, "filename"), Kind::File),
    // Pictures, sound and documents: the packages' own references.
    writes("cv2.imwrite", At(0, "filename"), Kind::File),
    writes("cv2.VideoWriter", At(0, "filename"), Kind::File),
    writes("imageio.imwrite", At(0, "uri"), Kind::File),
    writes("imageio.imsave", At(0, "uri"), Kind::File),
    writes("imageio.mimsave", At(0, "uri"), Kind::File),
    writes("skimage.io.imsave", At(0, "fname"), Kind::File),
    writes("torchvision.utils.save_image", At(1, "fp"), Kind::File),
    writes("matplotlib.pyplot.imsave", At(0, "fname"), Kind::File),
    writes(".savefig", At(0, "fname"), Kind::File),
    writes(".write_image", At(0, "file"), Kind::File).with(&["plotly"]),
    writes(".write_html", At(0, "file"), Kind::File).with(&["plotly"]),
    writes("soundfile.write", At(0, "file"), Kind::File),
    writes("scipy.io.wavfile.write", At(0, "filename"), Kind::File),
    writes("torchaudio.save", At(0, "uri"), Kind::File),
    writes(".export", At(0, "out_f"), Kind::File).with(&["pydub"]),
    writes(".save_to_file", At(1, "filename"), Kind::File).with(&["pyttsx3"]),
    writes(".write_videofile", At(0, "filename"), Kind::File),
    writes(".write_audiofile", At(0, "filename"), Kind::File),
    writes(".output", At(0, "name"), Kind::File).with(&["fpdf"]),
    writes("pdfkit.from_string", At(1, "output_path"), Kind::File),
    writes("pdfkit.from_file", At(1, "output_path"), Kind::File),
    writes("pdfkit.from_url", At(1, "output_path"), Kind::File),
    writes(".write_pdf", At(0, "target"), Kind::File).with(&["weasyprint"]),
    writes("reportlab.pdfgen.canvas.Canvas", At(0, "filename"), Kind::File),
    writes("reportlab.platypus.SimpleDocTemplate", At(0, "filename"), Kind::File),
    // Models: docs.pytorch.org, keras.io, huggingface.co/docs, nltk.org: "Installing NLTK Data", docs.wandb.ai.
    writes("torch.save", At(1, "f"), Kind::File),
    writes("torch.jit.save", At(1, "f"), Kind::File),
    writes("torch.utils.tensorboard.SummaryWriter", At(0, "log_dir"), Kind::Folder).or("runs"),
    writes("tensorboardX.SummaryWriter", At(0, "logdir"), Kind::Folder).or("runs"),
    writes(".save_weights", At(0, "filepath"), Kind::File),
    writes(".save_model", At(0, "fname"), Kind::File),
    writes(".save", At(0, "filepath"), Kind::File).with(&["keras", "tensorflow"]),
    writes(".from_pretrained", Named("cache_dir"), Kind::Folder),
    writes(".save_pretrained", At(0, "save_directory"), Kind::Folder),
    writes("huggingface_hub.snapshot_download", Named("local_dir"), Kind::Folder).or("~"),
    writes("huggingface_hub.hf_hub_download", Named("local_dir"), Kind::Folder).or("~"),
    writes("nltk.download", At(1, "download_dir"), Kind::Folder).or("~"),
    writes("whisper.load_model", At(2, "download_root"), Kind::Folder).or("~"),
    writes("wandb.init", Named("dir"), Kind::Folder).or("wandb"),
    // gradio.app/docs: "Interface", flagging_dir: `.gradio/flagged` since 5, `flagged` before.
    writes("gradio.Interface", Named("flagging_dir"), Kind::Folder)
        .or(".gradio/flagged")
        .when(When::Told(Named("flagging_mode"), &["auto", "manual"])),
    writes("gradio.Interface", Named("flagging_dir"), Kind::Folder)
        .or("flagged")
        .when(When::Told(Named("allow_flagging"), &["auto", "manual"])),
    writes("gradio.Interface", Named("flagging_dir"), Kind::Folder)
        .or(".gradio/flagged")
        .when(When::Without(&["allow_flagging", "flagging_mode"])),
    writes("gradio.Interface", Named("flagging_dir"), Kind::Folder)
        .or("flagged")
        .when(When::Without(&["allow_flagging", "flagging_mode"])),
    // Browsers: playwright.dev/python, selenium.dev/selenium/docs/api/py.
    writes(".screenshot", Named("path"), Kind::File),
    writes(".pdf", Named("path"), Kind::File),
    writes(".save_screenshot", At(0, "filename"), Kind::File),
    writes(".get_screenshot_as_file", At(0, "filename"), Kind::File),
    writes(".save_as", At(0, "path"), Kind::File).with(&["playwright"]),
    writes(".launch_persistent_context", At(0, "user_data_dir"), Kind::Folder),
    // Downloads: the packages' own references; docs.pyrogram.org: "download_media" and "Storage Engines";
    // docs.telethon.dev: "Session Files"; docs.python-telegram-bot.org: `File.download_to_drive`.
    writes("gdown.download", At(1, "output"), Kind::File).or("x"),
    writes("wget.download", At(1, "out"), Kind::File).or("x"),
    writes("git.Repo.clone_from", At(1, "to_path"), Kind::Folder),
    writes("telethon.TelegramClient", At(0, "session"), Kind::Database),
    writes("telethon.sync.TelegramClient", At(0, "session"), Kind::Database),
    gives("telethon.sessions.StringSession", Gives::Nothing),
    gives("telethon.sessions.MemorySession", Gives::Nothing),
    writes("pyrogram.Client", At(0, "name"), Kind::Database)
        .when(When::Without(&["in_memory", "session_string"])),
    // Its name in version 1.
    writes("pyrogram.Client", Named("session_name"), Kind::Database),
    writes(".download_media", At(1, "file_name"), Kind::File)
        .or("downloads/x")
        .when(When::Without(&["in_memory"]))
        .with(&["pyrogram"]),
    writes(".download_media", At(1, "file"), Kind::File)
        .or("x")
        .when(When::UnlessGiven("bytes"))
        .with(&["telethon"]),
    writes(".download_to_drive", At(0, "custom_path"), Kind::File).or("x"),
    writes(".download_to_filename", At(0, "filename"), Kind::File),
    writes(".download_file", At(2, "Filename"), Kind::File).with(&["boto3"]),
    writes(".fget_object", At(2, "file_path"), Kind::File).with(&["minio"]),
    // What it fetches is what it gives: storage3, `StorageFileApiMixin.download`.
    writes(".download", Named(""), Kind::File).with(&["supabase", "storage3"]),
    writes(".download", Named("output_path"), Kind::Folder).with(&["pytube", "pytubefix"]),
    writes(".download", At(0, ""), Kind::Folder)
        .or(".")
        .when(When::Mentioned)
        .with(&["pytube", "pytubefix"]),
    writes(".extractall", At(0, "path"), Kind::Folder)
        .or(".")
        .with(&["py7zr", "rarfile", "tarfile", "zipfile"]),
    // docs.aiogram.dev: `Bot.download` and `Bot.download_file`, and `File.download` of version 2;
    // docs.python-telegram-bot.org: "Making your bot persistent".
    writes(".download", At(1, "destination"), Kind::File).when(When::Mentioned).with(&["aiogram"]),
    writes(".download", Named("destination_file"), Kind::File).with(&["aiogram"]),
    writes(".download", Named("destination_dir"), Kind::Folder).with(&["aiogram"]),
    writes(".download_file", At(1, "destination"), Kind::File).with(&["aiogram"]),
    writes("telegram.ext.PicklePersistence", At(0, "filepath"), Kind::File),
    // reference.langchain.com: "SqliteSaver".
    writes(
        "langgraph.checkpoint.sqlite.SqliteSaver.from_conn_string",
        At(0, "conn_string"),
        Kind::Database,
    ),
    writes(
        "langgraph.checkpoint.sqlite.aio.AsyncSqliteSaver.from_conn_string",
        At(0, "conn_string"),
        Kind::Database,
    ),
    // docs.ultralytics.com: "Predict" (`save`, `project`); weights that are not there are downloaded.
    writes("ultralytics.YOLO", At(0, "model"), Kind::Fetched),
    writes(".predict", Named("project"), Kind::Folder)
        .or("runs")
        .when(When::On(Named("save")))
        .with(&["ultralytics"]),
    writes(".track", Named("project"), Kind::Folder)
        .or("runs")
        .when(When::On(Named("save")))
        .with(&["ultralytics"]),
    may_write(".dump", At(1, "filename"), Kind::File).with(&["joblib"]),
    // Programs.
    Fact {
        name: "django.core.management.call_command",
        does: Does::Runs(&["python", "manage.py"], At(0, "command_name")),
    },
    // Packages of bots load their modules by name, or all of a folder: docs.pycord.dev, docs.disnake.dev and
    // docs.nextcord.dev: `Bot.load_extension` and `Bot.load_extensions`; hikari-lightbulb.readthedocs.io:
    // `load_extensions_from`; interactions-py.github.io: "Extensions".
    Fact { name: ".load_extension", does: Does::Loads(0) },
    Fact { name: ".load_extensions", does: Does::Loads(0) },
    Fact { name: ".load_extensions_from", does: Does::Loads(0) },
    Fact { name: ".load_extension_from_path", does: Does::Loads(0) },
    // mlflow.org/docs: "MLflow Tracking"; `mlflow/tracking/_tracking_service/utils.py`: the folder `mlruns`, or since
    // version 3.7 `mlflow.db` as well, where the process runs.
    writes("mlflow.set_tracking_uri", At(0, "uri"), Kind::Url),
    writes("mlflow.start_run", At(98, ""), Kind::Folder).or(RUNS).when(TRACKED),
    writes("mlflow.set_experiment", At(98, ""), Kind::Folder).or(RUNS).when(TRACKED),
    writes("mlflow.log_metric", At(98, ""), Kind::Folder).or(RUNS).when(TRACKED),
    writes("mlflow.log_param", At(98, ""), Kind::Folder).or(RUNS).when(TRACKED),
    writes("mlflow.log_artifact", At(98, ""), Kind::Folder).or(RUNS).when(TRACKED),
    // gitpython.readthedocs.io: "GitPython Tutorial".
    writes(".pull", Object, Kind::Folder).with(&["git"]),
    // docs.python.org: "logging.config".
    Fact { name: "logging.config.fileConfig", does: Does::Configures(At(0, "fname")) },
    Fact { name: "logging.config.dictConfig", does: Does::Configures(At(0, "config")) },
    // github.com/spotipy-dev/spotipy: `CacheFileHandler`; the READMEs of filelock, ZODB, instaloader and ebooklib;
    // pid's `PidFile`; optuna.readthedocs.io: `create_study`; apscheduler.readthedocs.io: `add_jobstore`;
    // numpy.org/doc: `memmap`; lightning.ai/docs: "Trainer"; docs.paramiko.org: `SFTPClient.get`;
    // github.com/john-kurkowski/tldextract: "Note About Caching".
    writes("spotipy.oauth2.SpotifyOAuth", Named("cache_path"), Kind::File)
        .or(".cache")
        .when(When::Without(&["cache_handler"])),
    writes("spotipy.cache_handler.CacheFileHandler", At(0, "cache_path"), Kind::File).or(".cache"),
    writes("filelock.FileLock", At(0, "lock_file"), Kind::File),
    writes("filelock.SoftFileLock", At(0, "lock_file"), Kind::File),
    writes("ZODB.FileStorage.FileStorage", At(0, "file_name"), Kind::Database),
    writes("pid.PidFile", At(1, "piddir"), Kind::Folder).or("/var/run"),
    writes("optuna.create_study", Named("storage"), Kind::Url),
    writes("optuna.load_study", Named("storage"), Kind::Url),
    writes(".add_jobstore", Named("url"), Kind::Url),
    writes_if("numpy.memmap", At(0, "filename"), At(2, "mode"), &["w", "+"]),
    writes("pytorch_lightning.Trainer", Named("default_root_dir"), Kind::Folder).or("."),
    writes("lightning.Trainer", Named("default_root_dir"), Kind::Folder).or("."),
    writes("lightning.pytorch.Trainer", Named("default_root_dir"), Kind::Folder).or("."),
    writes("ebooklib.epub.write_epub", At(0, "name"), Kind::File),
    writes(".get", At(1, "localpath"), Kind::File)
        .when(When::File(At(1, "localpath")))
        .with(&["paramiko"]),
    writes(".download_profile", At(98, ""), Kind::Folder).or(".").with(&["instaloader"]),
    writes(".download_post", At(98, ""), Kind::Folder).or(".").with(&["instaloader"]),
    writes("tldextract.extract", At(98, ""), Kind::Folder).or("~"),
    writes("tldextract.TLDExtract", At(0, "cache_dir"), Kind::Folder).or("~"),
    // gitlab.com/doctormo/python-crontab: a crontab is written by a program that has the rights of a group.
    needs_root("crontab.CronTab"),
    // docs.pyrogram.org: "Smart Plugins"; docs.celeryq.dev: `Celery.autodiscover_tasks`.
    Fact { name: "pyrogram.Client", does: Does::LoadsFolders(Named("plugins")) },
    Fact { name: ".autodiscover_tasks", does: Does::Finds("tasks") },
    Fact { name: ".autodiscover_tasks", does: Does::LoadsFolders(At(1, "related_name")) },
    // Sockets: docs.python.org: "socket"; the settings of uvicorn, and aiohttp's `run_app`.
    writes(".bind", At(0, "address"), Kind::Socket).when(When::Fewer(2)).with(&["socket"]),
    writes("asyncio.start_unix_server", At(1, "path"), Kind::Socket),
    writes("socketserver.UnixStreamServer", At(0, "server_address"), Kind::Socket),
    writes("uvicorn.run", Named("uds"), Kind::Socket),
    writes("aiohttp.web.run_app", Named("path"), Kind::Socket),
    // docker-py.readthedocs.io: "Client": the socket of the daemon is root's, unless another host is told.
    needs_root_if("docker.from_env", DOCKER),
    needs_root_if("docker.DockerClient", Needs { spared: Some(At(0, "base_url")), ..DOCKER }),
    needs_root_if("docker.APIClient", Needs { spared: Some(At(0, "base_url")), ..DOCKER }),
    // Devices, which are root's in a container: the packages' own references.
    writes("serial.Serial", At(0, "port"), Kind::File),
    needs_root("RPi.GPIO.setup"),
    needs_root("RPi.GPIO.setmode"),
    needs_root("gpiozero.Button"),
    needs_root("gpiozero.LED"),
    needs_root("gpiozero.OutputDevice"),
    needs_root("gpiozero.PWMLED"),
    needs_root("smbus.SMBus"),
    needs_root("smbus2.SMBus"),
    needs_root("spidev.SpiDev"),
    needs_root("usb.core.find"),
    // pip.pypa.io: "Using pip from your program"; github.com/pypa/pip: `src/pip/_internal/cli/main.py`, `main(args)`.
    Fact { name: "pip.main", does: PIP },
    Fact { name: "pip._internal.main", does: PIP },
    Fact { name: "pip._internal.main.main", does: PIP },
    Fact { name: "pip._internal.cli.main.main", does: PIP },
    starts("mcp.StdioServerParameters", At(0, "command")),
    starts("mcp.client.stdio.StdioServerParameters", At(0, "command")),
    starts("google.adk.tools.mcp_tool.mcp_toolset.StdioServerParameters", At(0, "command")),
];

/// Where mlflow keeps runs unless it is told.
const RUNS: &str = ".";

/// When nothing tells it.
const TRACKED: When = When::Lacks("_tracking_uri");

/// A call of pip, which gets its arguments as a list.
const PIP: Does = Does::Runs(&["pip"], At(0, "args"));

/// The packages whose tables write themselves to files.
const TABLES: &[&str] = &["dask", "geopandas", "pandas", "polars", "pyspark"];
