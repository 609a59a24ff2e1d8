//! What well-known packages of npm write, and which of them load files by themselves.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Entry as In},
    DOCKER, Does, Entry, Fact, Gives, Kind, Needs, When, gives, may_write, needs_root,
    needs_root_if, starts, writes,
};

/// Functions and methods.
pub(super) const FACTS: &[Fact] = &[
    // Settings: the README of envalid; zod.dev: "Defaults".
    gives("envalid.str", Gives::Preset),
    gives(".default", Gives::First),
    // Settings of tools that build and test, which the program that has them in its source does not run: each gives its
    // argument back. vite.dev: "Configuring Vite"; vitest.dev: "Configuring Vitest"; docs.astro.build: "Configuration
    // Reference"; orm.drizzle.team: "Drizzle Kit configuration file"; playwright.dev: "Test configuration"; rollupjs.org:
    // "Config Intellisense"; tsup.egoist.dev: "Using custom configuration".
    gives("@playwright/test.defineConfig", Gives::First),
    gives("astro/config.defineConfig", Gives::First),
    gives("drizzle-kit.defineConfig", Gives::First),
    gives("rollup.defineConfig", Gives::First),
    gives("tsup.defineConfig", Gives::First),
    gives("vite.defineConfig", Gives::First),
    gives("vitest/config.defineConfig", Gives::First),
    // Uploads: the READMEs of multer ("multer(opts)", "DiskStorage"), formidable ("options.uploadDir"),
    // express-fileupload ("Available Options"); docs.nestjs.com: "File upload"; tus-node-server: file-store.
    writes("multer", In(0, "dest"), Kind::Folder),
    writes("multer.diskStorage", In(0, "destination"), Kind::Folder),
    writes("multer.default", In(0, "dest"), Kind::Folder),
    writes("@koa/multer", In(0, "dest"), Kind::Folder),
    writes("@koa/multer.diskStorage", In(0, "destination"), Kind::Folder),
    writes("koa-multer", In(0, "dest"), Kind::Folder),
    writes("koa-multer.diskStorage", In(0, "destination"), Kind::Folder),
    writes("fastify-multer", In(0, "dest"), Kind::Folder),
    writes("fastify-multer.diskStorage", In(0, "destination"), Kind::Folder),
    writes("@nestjs/platform-express.MulterModule.register", In(0, "dest"), Kind::Folder),
    writes("@nestjs/platform-express.FileInterceptor", In(1, "dest"), Kind::Folder),
    writes("@nestjs/platform-express.FilesInterceptor", In(2, "dest"), Kind::Folder),
    writes("@nestjs/platform-express.FileFieldsInterceptor", In(1, "dest"), Kind::Folder),
    writes("@nestjs/platform-express.AnyFilesInterceptor", In(0, "dest"), Kind::Folder),
    writes("express-fileupload", In(0, "tempFileDir"), Kind::Folder)
        .or("tmp")
        .when(When::On(In(0, "useTempFiles"))),
    writes("@tus/file-store.FileStore", In(0, "directory"), Kind::Folder),
    writes(".mv", At(0, ""), Kind::Entry),
    // Files: their READMEs.
    writes("write-file-atomic", At(0, ""), Kind::Entry),
    writes("write-file-atomic.sync", At(0, ""), Kind::Entry),
    writes("write-json-file", At(0, ""), Kind::File),
    writes("write-json-file.sync", At(0, ""), Kind::File),
    writes("write-json-file.writeJsonFile", At(0, ""), Kind::File),
    writes("write-json-file.writeJsonFileSync", At(0, ""), Kind::File),
    writes("jsonfile.writeFile", At(0, ""), Kind::File),
    writes("jsonfile.writeFileSync", At(0, ""), Kind::File),
    writes("make-dir", At(0, ""), Kind::Folder),
    writes("make-dir.makeDirectory", At(0, ""), Kind::Folder),
    writes("make-dir.makeDirectorySync", At(0, ""), Kind::Folder),
    writes("mkdirp", At(0, ""), Kind::Folder),
    writes("mkdirp.sync", At(0, ""), Kind::Folder),
    writes("mkdirp.mkdirp", At(0, ""), Kind::Folder),
    writes("mkdirp.mkdirpSync", At(0, ""), Kind::Folder),
    writes("extract-zip", In(1, "dir"), Kind::Folder),
    writes("unzipper.Extract", In(0, "path"), Kind::Folder),
    writes("tar.x", In(0, "cwd"), Kind::Folder).or("."),
    writes("tar.extract", In(0, "cwd"), Kind::Folder).or("."),
    writes(".extractAllTo", At(0, ""), Kind::Folder),
    writes(".extractAllToAsync", At(0, ""), Kind::Folder),
    writes(".writeZip", At(0, ""), Kind::File),
    // github.com/exceljs/exceljs: "Writing XLSX"; docs.sheetjs.com: "Writing Files".
    writes(".writeFile", At(0, ""), Kind::File).with(&["exceljs"]),
    writes("xlsx.writeFile", At(1, ""), Kind::File),
    writes("xlsx.writeFileXLSX", At(1, ""), Kind::File),
    // Images, documents, browsers: sharp.pixelplumbing.com: "Output"; github.com/jimp-dev/jimp; pptr.dev: "Page".
    writes(".toFile", At(0, ""), Kind::File),
    writes(".writeAsync", At(0, ""), Kind::File).with(&["jimp"]),
    writes(".write", At(0, ""), Kind::File).when(When::File(At(0, ""))).with(&["jimp"]),
    writes(".saveToFile", At(0, ""), Kind::File).with(&["fluent-ffmpeg"]),
    writes(".save", At(0, ""), Kind::File).with(&["fluent-ffmpeg"]),
    // js.tensorflow.org: "Save and load models".
    writes(".save", At(0, ""), Kind::FolderUrl)
        .with(&["@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"]),
    writes(".screenshot", In(0, "path"), Kind::File).with(&[
        "puppeteer",
        "puppeteer-core",
        "playwright",
    ]),
    writes(".pdf", In(0, "path"), Kind::File).with(&["puppeteer", "puppeteer-core", "playwright"]),
    writes(".launchPersistentContext", At(0, ""), Kind::Folder),
    may_write(".saveAs", At(0, ""), Kind::File),
    // github.com/naptha/tesseract.js/blob/master/docs/api.md: `cachePath`.
    writes("tesseract.js.createWorker", In(2, "cachePath"), Kind::Folder).or("."),
    // SQLite: github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md, github.com/TryGhost/node-sqlite3/wiki/API,
    // nodejs.org/api/sqlite.html, bun.sh/docs/api/sqlite, docs.turso.tech: "TypeScript", sequelize.org: "Getting
    // Started", keyv.org: "Third-party Storage Adapters", orm.drizzle.team: "Get Started with SQLite".
    writes("better-sqlite3", At(0, ""), Kind::Database),
    writes("better-sqlite3.Database", At(0, ""), Kind::Database),
    writes("sqlite3.Database", At(0, ""), Kind::Database),
    writes("sqlite3.cached.Database", At(0, ""), Kind::Database),
    gives("sqlite3.verbose", Gives::Object),
    writes("sqlite.open", In(0, "filename"), Kind::Database),
    writes("bun:sqlite.Database", At(0, ""), Kind::Database),
    writes("sqlite.DatabaseSync", At(0, ""), Kind::Database),
    writes("@libsql/client.createClient", In(0, "url"), Kind::Url),
    writes("@libsql/client/node.createClient", In(0, "url"), Kind::Url),
    writes("drizzle-orm/libsql.drizzle", At(0, ""), Kind::Url),
    writes("drizzle-orm/better-sqlite3.drizzle", At(0, ""), Kind::Database),
    writes("sequelize.Sequelize", At(0, ""), Kind::Url),
    writes("sequelize", At(0, ""), Kind::Url),
    writes("sequelize-typescript.Sequelize", At(0, ""), Kind::Url),
    writes("keyv", At(0, ""), Kind::Url),
    writes("@keyv/sqlite", At(0, ""), Kind::Url),
    writes("quick.db.QuickDB", In(0, "filePath"), Kind::File).or("json.sqlite"),
    // Other databases: their READMEs.
    writes("lowdb/node.JSONFile", At(0, ""), Kind::Entry),
    writes("lowdb/node.JSONFilePreset", At(0, ""), Kind::Entry),
    writes("lowdb/node.JSONFileSyncPreset", At(0, ""), Kind::Entry),
    writes("lowdb/node.JSONFileSync", At(0, ""), Kind::Entry),
    writes("lowdb.JSONFile", At(0, ""), Kind::Entry),
    writes("lowdb.JSONFileSync", At(0, ""), Kind::Entry),
    writes("lowdb/adapters/FileSync", At(0, ""), Kind::Entry),
    writes("lowdb/adapters/FileAsync", At(0, ""), Kind::Entry),
    // github.com/techfort/LokiJS; pouchdb.com: "API"; the READMEs of conf, download and simple-git.
    writes("lokijs", At(0, ""), Kind::File),
    writes("pouchdb", At(0, ""), Kind::Folder),
    writes("conf", In(0, "cwd"), Kind::Folder).or("~"),
    writes("download", At(1, ""), Kind::Folder),
    writes(".clone", At(1, ""), Kind::Folder).with(&["simple-git"]),
    writes("steno.Writer", At(0, ""), Kind::File),
    writes("nedb", In(0, "filename"), Kind::Database),
    writes("@seald-io/nedb", In(0, "filename"), Kind::Database),
    writes("nedb-promises.create", In(0, "filename"), Kind::Database),
    writes("level", At(0, ""), Kind::Folder),
    writes("level.Level", At(0, ""), Kind::Folder),
    writes("classic-level.ClassicLevel", At(0, ""), Kind::Folder),
    writes("lmdb.open", In(0, "path"), Kind::Folder),
    writes("@electric-sql/pglite.PGlite", At(0, ""), Kind::Folder),
    writes("node-localstorage.LocalStorage", At(0, ""), Kind::Folder),
    writes("node-persist.init", In(0, "dir"), Kind::Folder).or(".node-persist/storage"),
    writes("node-json-db.Config", At(0, ""), Kind::File),
    writes("json-server.router", At(0, ""), Kind::File),
    writes("enmap", In(0, "dataDir"), Kind::Folder).or("data").when(When::Without(&["inMemory"])),
    // Sessions: the READMEs of session-file-store, connect-sqlite3, connect-loki, telegraf-session-local.
    writes("session-file-store", In(0, "path"), Kind::Folder).or("sessions"),
    writes("connect-sqlite3", In(0, "db"), Kind::Database).within(In(0, "dir")).or("sessions"),
    writes("connect-loki", In(0, "path"), Kind::Database).or("session-store.db"),
    writes("telegraf-session-local", In(0, "database"), Kind::File).or("sessions.json"),
    writes("@whiskeysockets/baileys.useMultiFileAuthState", At(0, ""), Kind::Folder),
    // docs.wwebjs.dev: LocalAuth and LocalWebCache.
    writes("whatsapp-web.js.LocalAuth", In(0, "dataPath"), Kind::Folder).or(".wwebjs_auth"),
    writes("whatsapp-web.js.Client", In(0, "webVersionCache.path"), Kind::Folder)
        .or(".wwebjs_cache"),
    // Logs: github.com/winstonjs/winston/blob/master/docs/transports.md, winston-daily-rotate-file's README and
    // `daily-rotate-file.js` (`options.dirname || path.dirname(options.filename)`), getpino.io: "Transports".
    writes("winston.transports.File", In(0, "filename"), Kind::File).within(In(0, "dirname")),
    writes("winston.transports.DailyRotateFile", In(0, "filename"), Kind::File)
        .within(In(0, "dirname"))
        .or("."),
    writes("winston-daily-rotate-file", In(0, "filename"), Kind::File)
        .within(In(0, "dirname"))
        .or("."),
    writes("winston-daily-rotate-file.default", In(0, "filename"), Kind::File)
        .within(In(0, "dirname"))
        .or("."),
    writes("pino.destination", At(0, ""), Kind::File),
    writes("pino", In(0, "transport.options.destination"), Kind::File),
    writes("pino.pino", In(0, "transport.options.destination"), Kind::File),
    // fastify.dev: "Logging" (`logger.file`).
    writes("fastify", In(0, "logger.file"), Kind::File),
    writes("fastify.fastify", In(0, "logger.file"), Kind::File),
    writes("rotating-file-stream.createStream", At(0, ""), Kind::File).within(In(1, "path")),
    writes("file-stream-rotator.getStream", In(0, "filename"), Kind::File),
    writes("simple-node-logger.createSimpleFileLogger", At(0, ""), Kind::File),
    // github.com/parse-community/parse-server: `src/Options/index.js`, logsFolder.
    writes("parse-server.ParseServer", In(0, "logsFolder"), Kind::Folder).or("logs"),
    // The README of module-alias.
    Fact { name: "module-alias.addAlias", does: Does::Loads(1) },
    // prisma.io/docs: "Connection URLs": the schema names the file, seen from its folder.
    Fact { name: "@prisma/client.PrismaClient", does: Does::Uses("prisma") },
    // The READMEs of keyv-file, csv-writer, cacache, flat-cache, i18n and shelljs.
    writes("keyv-file.KeyvFile", In(0, "filename"), Kind::File),
    writes("csv-writer.createObjectCsvWriter", In(0, "path"), Kind::File),
    writes("csv-writer.createArrayCsvWriter", In(0, "path"), Kind::File),
    writes("cacache.put", At(0, ""), Kind::Folder),
    writes("flat-cache.load", At(1, ""), Kind::Folder),
    writes("flat-cache.create", In(0, "cacheDir"), Kind::Folder),
    writes("i18n.configure", In(0, "directory"), Kind::Folder)
        .when(When::Unless(In(0, "updateFiles"), &["false"])),
    writes("shelljs.mkdir", At(1, ""), Kind::Folder).when(When::Counted(2)),
    writes("shelljs.mkdir", At(0, ""), Kind::Folder).when(When::Fewer(2)),
    writes("shelljs.cp", At(2, ""), Kind::File).when(When::Counted(3)),
    writes("shelljs.cp", At(1, ""), Kind::File).when(When::Fewer(3)),
    writes("shelljs.mv", At(1, ""), Kind::Entry).when(When::Fewer(3)),
    writes("shelljs.touch", At(0, ""), Kind::File),
    writes(".to", At(0, ""), Kind::File).with(&["shelljs"]),
    writes(".toEnd", At(0, ""), Kind::File).with(&["shelljs"]),
    starts("shelljs.exec", At(0, "")),
    // google.github.io/zx: `$`.
    starts("zx.$", At(0, "")),
    writes(".output", At(0, ""), Kind::File).when(When::File(At(0, ""))).with(&["fluent-ffmpeg"]),
    writes("rocksdb", At(0, ""), Kind::Folder),
    // gram.js.org: "Authentication" (`StoreSession`); the READMEs of simple-json-db, node-downloader-helper and
    // grammy's storage-file; wppconnect.io: `create`, folderNameToken.
    writes("telegram/sessions.StoreSession", At(0, ""), Kind::Folder),
    writes("telegram.sessions.StoreSession", At(0, ""), Kind::Folder),
    writes("simple-json-db", At(0, ""), Kind::File),
    writes("node-downloader-helper.DownloaderHelper", At(1, ""), Kind::Folder),
    writes("@grammyjs/storage-file.FileAdapter", In(0, "dirName"), Kind::Folder).or("sessions"),
    writes("@wppconnect-team/wppconnect.create", In(0, "folderNameToken"), Kind::Folder)
        .or("tokens"),
    // Removed with what is in it: the README of rimraf.
    may_write("rimraf", At(0, ""), Kind::Entry),
    may_write("rimraf.sync", At(0, ""), Kind::Entry),
    may_write("rimraf.rimraf", At(0, ""), Kind::Entry),
    // Files that are run as programs of their own: discord.js.org: `ShardingManager`; the READMEs of
    // discord-hybrid-sharding and piscina; docs.bullmq.io: "Sandboxed processors"; the reference of bull.
    Fact { name: "discord.js.ShardingManager", does: Does::RunsFile(0) },
    Fact { name: "discord-hybrid-sharding.ClusterManager", does: Does::RunsFile(0) },
    Fact { name: "piscina", does: Does::MayRunFile(In(0, "filename")) },
    Fact { name: "piscina.Piscina", does: Does::MayRunFile(In(0, "filename")) },
    Fact { name: "bullmq.Worker", does: Does::MayRunFile(At(1, "")) },
    Fact { name: ".process", does: Does::MayRunFile(At(0, "")) },
    Fact { name: ".process", does: Does::MayRunFile(At(1, "")) },
    Fact { name: ".process", does: Does::MayRunFile(At(2, "")) },
    // nodejs.org/api/net.html: `server.listen(path)`.
    writes(".listen", At(0, ""), Kind::Socket),
    writes(".listen", In(0, "path"), Kind::Socket),
    // The README of dockerode: the socket of the daemon is root's, unless another host is told; raw sockets and
    // devices: the packages' READMEs.
    needs_root_if("dockerode", Needs { spared: Some(In(0, "host")), ..DOCKER }),
    needs_root("raw-socket.createSocket"),
    needs_root("net-ping.createSession"),
    needs_root("cap.Cap"),
    needs_root("pcap.createSession"),
    needs_root("onoff.Gpio"),
    needs_root("pigpio.Gpio"),
    needs_root("i2c-bus.openSync"),
    writes("serialport.SerialPort", In(0, "path"), Kind::File),
    writes("serialport", At(0, ""), Kind::File),
    // Bun and Deno: bun.sh/docs/api/file-io, docs.deno.com/api.
    writes("Bun.write", At(0, ""), Kind::File),
    writes("Deno.writeTextFile", At(0, ""), Kind::File),
    writes("Deno.writeTextFileSync", At(0, ""), Kind::File),
    writes("Deno.writeFile", At(0, ""), Kind::File),
    writes("Deno.writeFileSync", At(0, ""), Kind::File),
    writes("Deno.mkdir", At(0, ""), Kind::Folder),
    writes("Deno.mkdirSync", At(0, ""), Kind::Folder),
    writes("Deno.openKv", At(0, ""), Kind::Database),
];

/// Entries of tables of options.
pub(super) const ENTRIES: &[Entry] = &[
    // typeorm.io: "Data Source Options".
    sqlite("", "database", "type", "TypeORM"),
    sqlite("", "storage", "dialect", "Sequelize"),
    sqlite("", "connection.filename", "client", "Knex"),
    sqlite("", "dbName", "type", "MikroORM"),
    sqlite("@mikro-orm/sqlite", "dbName", "", "MikroORM"),
    sqlite("@mikro-orm/better-sqlite", "dbName", "", "MikroORM"),
    sqlite("@mikro-orm/libsql", "dbName", "", "MikroORM"),
    // formidable: `form.uploadDir`, koa-body: `formidable: { uploadDir }`.
    Entry {
        module: "",
        key: "uploadDir",
        beside: "",
        contains: "",
        kind: Kind::Folder,
        what: "uploadDir",
    },
    // pptr.dev: `LaunchOptions.userDataDir`.
    Entry {
        module: "",
        key: "userDataDir",
        beside: "",
        contains: "",
        kind: Kind::Folder,
        what: "userDataDir",
    },
    // log4js-node.github.io: "File Appender"; the types are file, dateFile, fileSync, multiFile.
    Entry {
        module: "log4js",
        key: "filename",
        beside: "type",
        contains: "ile",
        kind: Kind::File,
        what: "log4js",
    },
    // github.com/trentm/node-bunyan: "Streams".
    Entry {
        module: "bunyan",
        key: "path",
        beside: "",
        contains: "",
        kind: Kind::File,
        what: "bunyan",
    },
    // getpino.io: `pino/file` and pino-roll.
    Entry {
        module: "pino",
        key: "destination",
        beside: "",
        contains: "",
        kind: Kind::File,
        what: "pino",
    },
    // Fastify's logger, pino-http and their like are told the same.
    Entry {
        module: "",
        key: "options.destination",
        beside: "target",
        contains: "pino/file",
        kind: Kind::File,
        what: "pino",
    },
    Entry {
        module: "",
        key: "options.file",
        beside: "target",
        contains: "pino-roll",
        kind: Kind::File,
        what: "pino",
    },
];

const fn sqlite(
    module: &'static str,
    key: &'static str,
    beside: &'static str,
    what: &'static str,
) -> Entry {
    Entry { module, key, beside, contains: "sqlite", kind: Kind::Database, what }
}

/// Modules that load the files of the project's folders by themselves.
pub(super) const LOADERS: &[&str] = &[
    // midwayjs.org: "Startup and deployment"; eggjs.org: "Loader"; docs.strapi.io: "Project structure".
    "@midwayjs/bootstrap",
    "@strapi/strapi",
    "egg",
    "strapi",
    // github.com/fastify/fastify-autoload; sapphirejs.dev: "Getting started"; sailsjs.com: "Lifting".
    "@fastify/autoload",
    "@sapphire/framework",
    "fastify-autoload",
    "sails",
    // The READMEs of packages that require folders.
    "@ladjs/consign",
    "bree",
    "commandkit",
    "consign",
    "discord-akairo",
    "discord.js-commando",
    "djs-commander",
    "express-file-routing",
    "express-load",
    "include-all",
    "moleculer",
    "require-all",
    "require-dir",
    "require-directory",
    "require-glob",
    "wokcommands",
];
