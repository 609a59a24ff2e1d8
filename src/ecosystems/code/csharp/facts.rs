//! What the library of .NET and well-known packages write, give and start.
//!
//! What classes of the library do is from <https://learn.microsoft.com/dotnet/api/>, of packages from their own pages:
//! github.com/serilog/serilog-sinks-file, learn.microsoft.com/ef/core, learn.microsoft.com/aspnet/core.

use super::super::{
    facts::{
        Argument::{At, Object},
        Fact, Gives, Kind, When, gives, may_write, starts_alone, starts_with, writes,
        writes_unless,
    },
    listening,
};

/// All of them.
pub(super) const ALL: &[&[Fact]] = &[FILES, VALUES, PACKAGES, listening::CSHARP];

/// What is written below a folder.
use Kind::Folder;

/// Files and folders.
const FILES: &[Fact] = &[
    writes("System.IO.File.AppendAllBytes", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendAllBytesAsync", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendAllLines", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendAllLinesAsync", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendAllText", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendAllTextAsync", At(0, "path"), Kind::File),
    writes("System.IO.File.AppendText", At(0, "path"), Kind::File),
    writes("System.IO.File.Copy", At(1, "destFileName"), Kind::File),
    writes("System.IO.File.Create", At(0, "path"), Kind::File),
    writes("System.IO.File.CreateSymbolicLink", At(0, "path"), Kind::File),
    writes("System.IO.File.CreateText", At(0, "path"), Kind::File),
    may_write("System.IO.File.Delete", At(0, "path"), Kind::File),
    writes("System.IO.File.Move", At(1, "destFileName"), Kind::File),
    writes_unless("System.IO.File.Open", At(0, "path"), At(2, "access"), READ),
    writes("System.IO.File.OpenHandle", At(0, "path"), Kind::File).when(When::Counted(2)),
    writes("System.IO.File.OpenWrite", At(0, "path"), Kind::File),
    writes("System.IO.File.Replace", At(1, "destinationFileName"), Kind::File),
    writes("System.IO.File.SetAttributes", At(0, "path"), Kind::File),
    writes("System.IO.File.SetCreationTime", At(0, "path"), Kind::File),
    writes("System.IO.File.SetLastAccessTime", At(0, "path"), Kind::File),
    writes("System.IO.File.SetLastWriteTime", At(0, "path"), Kind::File),
    writes("System.IO.File.SetLastWriteTimeUtc", At(0, "path"), Kind::File),
    writes("System.IO.File.SetUnixFileMode", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllBytes", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllBytesAsync", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllLines", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllLinesAsync", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllText", At(0, "path"), Kind::File),
    writes("System.IO.File.WriteAllTextAsync", At(0, "path"), Kind::File),
    writes("System.IO.Directory.CreateDirectory", At(0, "path"), Folder),
    writes("System.IO.Directory.CreateSymbolicLink", At(0, "path"), Kind::File),
    may_write("System.IO.Directory.Delete", At(0, "path"), Kind::File),
    writes("System.IO.Directory.Move", At(1, "destDirName"), Kind::File),
    // The mode alone opens a file to read and to write: "FileStream Constructors".
    writes_unless("System.IO.FileStream", At(0, "path"), At(2, "access"), READ),
    writes("System.IO.StreamWriter", At(0, "path"), Kind::File)
        .when(When::UnlessStream(At(0, "stream"))),
    writes("System.Xml.XmlTextWriter", At(0, "filename"), Kind::File)
        .when(When::UnlessStream(At(0, "w"))),
    writes("System.Xml.XmlWriter.Create", At(0, "outputFileName"), Kind::File)
        .when(When::UnlessStream(At(0, "output"))),
    writes("System.Diagnostics.TextWriterTraceListener", At(0, "fileName"), Kind::File)
        .when(When::UnlessStream(At(0, "stream"))),
    writes("System.IO.Compression.ZipFile.CreateFromDirectory", At(1, ""), Kind::File)
        .when(When::UnlessStream(At(1, "destination"))),
    writes("System.IO.Compression.ZipFile.ExtractToDirectory", At(1, ""), Folder),
    writes_unless("System.IO.Compression.ZipFile.Open", At(0, ""), At(1, "mode"), READ),
    writes(".ExtractToDirectory", At(0, ""), Folder),
    writes(".ExtractToFile", At(0, ""), Kind::File),
    writes(".DownloadFile", At(1, ""), Kind::File),
    writes(".DownloadFileAsync", At(1, ""), Kind::File),
    writes(".DownloadFileTaskAsync", At(1, ""), Kind::File),
    // `FileInfo` and `DirectoryInfo`, whose objects are their paths.
    may_write(".AppendText", Object, Kind::File),
    may_write(".Create", Object, Folder).when(When::Fewer(1)),
    may_write(".CreateSubdirectory", Object, Folder),
    may_write(".CreateText", Object, Kind::File),
    may_write(".OpenWrite", Object, Kind::File),
    may_write(".CopyTo", At(0, "destFileName"), Kind::File).when(When::UnlessStream(At(0, ""))),
    may_write(".MoveTo", At(0, "destFileName"), Kind::File),
    // What is relative is written below it from there on.
    writes("System.IO.Directory.SetCurrentDirectory", At(0, "path"), Folder),
    starts_with("System.Diagnostics.Process.Start", 0),
    starts_alone("System.Diagnostics.Process", 0),
    starts_alone("System.Diagnostics.ProcessStartInfo", 0),
];

/// How access is called with which a file is only read.
const READ: &[&str] = &["Read"];

/// What functions give.
const VALUES: &[Fact] = &[
    gives("CompactJsonFormatter", Gives::Nothing),
    gives("EcsTextFormatter", Gives::Nothing),
    gives("ElasticsearchJsonFormatter", Gives::Nothing),
    gives("JsonFormatter", Gives::Nothing),
    gives("MessageTemplateTextFormatter", Gives::Nothing),
    gives("RenderedCompactJsonFormatter", Gives::Nothing),
    gives("SQLiteConnection", Gives::First),
    gives("SqliteConnection", Gives::First),
    gives("System.Environment.GetEnvironmentVariable", Gives::Variable),
    gives("System.Environment.GetFolderPath", Gives::Special),
    gives("System.IO.Directory.CreateDirectory", Gives::First),
    gives("System.IO.Directory.CreateTempSubdirectory", Gives::Temporary),
    gives("System.IO.Directory.GetCurrentDirectory", Gives::Working),
    gives("System.IO.Directory.GetParent", Gives::Parent),
    gives("System.IO.DirectoryInfo", Gives::First),
    gives("System.IO.FileInfo", Gives::First),
    gives("System.IO.Path.Combine", Gives::Join),
    gives("System.IO.Path.GetDirectoryName", Gives::Parent),
    gives("System.IO.Path.GetFullPath", Gives::Within),
    gives("System.IO.Path.GetTempFileName", Gives::Temporary),
    gives("System.IO.Path.GetTempPath", Gives::Temporary),
    gives("System.IO.Path.Join", Gives::Below),
    gives("System.IO.BinaryWriter", Gives::Nothing),
    gives("System.IO.BufferedStream", Gives::Nothing),
    gives("System.IO.Compression.GZipStream", Gives::Nothing),
    gives("System.IO.File.Create", Gives::Nothing),
    gives("System.IO.File.Open", Gives::Nothing),
    gives("System.IO.File.OpenRead", Gives::Nothing),
    gives("System.IO.File.OpenWrite", Gives::Nothing),
    gives("System.IO.FileStream", Gives::Nothing),
    gives("System.IO.MemoryStream", Gives::Nothing),
    gives("System.IO.StringWriter", Gives::Nothing),
    gives("System.Text.StringBuilder", Gives::Nothing),
    gives("System.Reflection.Assembly.GetEntryAssembly", Gives::Program),
    gives("System.Reflection.Assembly.GetExecutingAssembly", Gives::Program),
    gives("System.String.Format", Gives::Formatted),
    // The address of another page.
    gives(".Page", Gives::Nothing),
    gives(".PageLink", Gives::Nothing),
    gives(".ToString", Gives::Object),
    gives(".Trim", Gives::Object),
    gives(".TrimEnd", Gives::Object),
    gives(".Get", Gives::Object),
    gives(".GetConnectionString", Gives::Setting("ConnectionStrings")),
    gives(".GetRequiredSection", Gives::Setting("")),
    gives(".GetSection", Gives::Setting("")),
    gives(".GetValue", Gives::Setting("")),
];

/// Packages.
const PACKAGES: &[Fact] = &[
    // Logs: github.com/serilog/serilog-sinks-file, github.com/nreco/logging.
    writes(".File", At(0, "path"), Kind::File).when(When::Says(Object, "WriteTo")),
    // After what writes an event as a text.
    writes(".File", At(1, "path"), Kind::File).when(When::Says(At(0, "formatter"), "ormatter")),
    // Inside of `WriteTo.Async`.
    writes(".File", At(0, "path"), Kind::File).when(When::File(At(0, "path"))).with(&["Serilog"]),
    writes(".RollingFile", At(0, "pathFormat"), Kind::File),
    writes(".AddFile", At(0, ""), Kind::File).when(When::Says(Object, "ogg")),
    // Databases.
    writes(".UseSqlite", At(0, "connectionString"), Kind::Database),
    writes(".AddSqlite", At(0, ""), Kind::Database).perhaps(),
    writes("SqliteConnection", At(0, ""), Kind::Database),
    writes("SQLiteConnection", At(0, ""), Kind::Database),
    writes("SQLiteAsyncConnection", At(0, ""), Kind::Database),
    writes("LiteDatabase", At(0, ""), Kind::Database).when(When::UnlessStream(At(0, "stream"))),
    writes("LiteRepository", At(0, ""), Kind::Database).when(When::UnlessStream(At(0, "stream"))),
    writes(".UseSQLiteStorage", At(0, ""), Kind::Database),
    // Keys: learn.microsoft.com, "Key storage providers in ASP.NET Core"; docs.duendesoftware.com.
    writes(".PersistKeysToFileSystem", At(0, "directory"), Folder),
    writes(".AddDeveloperSigningCredential", At(1, "filename"), Kind::File).or("tempkey.jwk"),
    // Pictures and documents: docs.sixlabors.com, docs.closedxml.io, epplussoftware.com, learn.microsoft.com/office.
    writes(".Save", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))).with(DOCUMENTS),
    writes(".SaveAsync", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))).with(DOCUMENTS),
    writes(".SaveAs", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))).with(DOCUMENTS),
    writes("PdfWriter", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))),
    writes("SpreadsheetDocument.Create", At(0, ""), Kind::File).when(When::UnlessStream(At(0, ""))),
    writes("WordprocessingDocument.Create", At(0, ""), Kind::File)
        .when(When::UnlessStream(At(0, ""))),
    writes(".SaveAsBmp", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsGif", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsGifAsync", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsJpeg", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsJpegAsync", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsPng", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsPngAsync", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsWebp", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".SaveAsWebpAsync", At(0, "path"), Kind::File).when(When::UnlessStream(At(0, "stream"))),
    writes(".GeneratePdf", At(0, "filePath"), Kind::File)
        .when(When::UnlessStream(At(0, "stream")))
        .with(&["QuestPDF"]),
    // Machine learning: learn.microsoft.com, `ModelOperationsCatalog.Save`.
    writes(".Save", At(2, "filePath"), Kind::File).with(&["Microsoft.ML"]),
];

/// The packages whose objects are saved to files.
const DOCUMENTS: &[&str] = &[
    "ClosedXML",
    "ImageMagick",
    "OfficeOpenXml",
    "SixLabors.ImageSharp",
    "System.Drawing",
    "System.Xml",
];
