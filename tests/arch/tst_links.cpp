// SPDX-License-Identifier: GPL-3.0-or-later
// The house rules as a test: who may include whom, read from the sources themselves against the table in the top CMakeLists.txt.
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {
const QString kRoot = QStringLiteral(WF_SOURCE_DIR);

QString read(const QString& path)
{
    QFile f(path);
    return f.open(QIODevice::ReadOnly) ? QString::fromUtf8(f.readAll()) : QString();
}

/// "services/store/x.h" -> "store", "models/domain/x.h" -> "domain", "ui/…" -> "ui", "app/…" -> "app".
QString targetOf(const QString& path)
{
    const QStringList parts = path.split(u'/');
    if (parts[0] == u"ui" || parts[0] == u"app") return parts[0];
    if ((parts[0] == u"services" || parts[0] == u"models") && parts.size() > 2) return parts[1];
    return {};
}

QMap<QString, QStringList> readTable()
{
    QMap<QString, QStringList> table;
    const QString cmake = read(kRoot + u"/CMakeLists.txt"_s);
    static const QRegularExpression each(u"foreach\\(service ([^)]*)\\)\\s*set\\(WF_MAY_LINK_\\$\\{service\\} ([^)]*)\\)"_s);
    if (const auto m = each.match(cmake); m.hasMatch())
        for (const QString& s : m.captured(1).simplified().split(u' ')) table[s] = m.captured(2).simplified().split(u' ');
    static const QRegularExpression set(u"(set|list)\\((APPEND )?WF_MAY_LINK_(\\w+)([^)]*)\\)"_s);
    for (auto it = set.globalMatch(cmake); it.hasNext();) {
        const auto m = it.next();
        QStringList links = m.captured(4).remove(u'"').simplified().split(u' ', Qt::SkipEmptyParts);
        table[m.captured(3)] += links;
    }
    return table;
}

QStringList sourcesBelow(const QString& folder)
{
    QStringList found;
    QDirIterator it(kRoot + u'/' + folder, {u"*.h"_s, u"*.cpp"_s}, QDir::Files, QDirIterator::Subdirectories);
    while (it.hasNext()) found += it.next().mid(kRoot.size() + 1);
    return found;
}

const QStringList kFolders{u"app"_s, u"ui"_s, u"models"_s, u"services"_s};
} // namespace

class Links : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theTableIsRead()
    {
        const auto table = readTable();
        QVERIFY(table.value(u"store"_s).contains(u"record"_s));
        QVERIFY(table.value(u"ui"_s).contains(u"items"_s));
        QVERIFY(table.value(u"drift"_s).contains(u"base"_s));
        QVERIFY(!table.value(u"ui"_s).contains(u"store"_s));
        QVERIFY(table.contains(u"domain"_s) && table.value(u"domain"_s).isEmpty());
    }

    void includesFollowTheTable()
    {
        const auto table = readTable();
        static const QRegularExpression include(u"^\\s*#\\s*include\\s+\"([^\"]+)\""_s, QRegularExpression::MultilineOption);
        QStringList wrong;
        int seen = 0;
        for (const QString& folder : kFolders) {
            for (const QString& file : sourcesBelow(folder)) {
                const QString from = targetOf(file);
                for (auto it = include.globalMatch(read(kRoot + u'/' + file)); it.hasNext();) {
                    const QString path = it.next().captured(1);
                    const QString to = path.contains(u'/') ? targetOf(path) : QString();
                    if (to.isEmpty() || to == from) continue;
                    ++seen;
                    if (!table.value(from).contains(to)) wrong += file + u" includes "_s + path;
                }
            }
        }
        QVERIFY(seen > 50);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(u'\n')));
    }

    void outsideLibrariesStayInTheirRooms()
    {
        // header prefix -> folders that may include it
        const QList<std::pair<QString, QStringList>> rooms{
            {u"<QtCharts"_s, {u"ui/drift/"_s}},
            {u"<QChart"_s, {u"ui/drift/"_s}},
            {u"<sqlite3.h>"_s, {u"services/base/"_s}},
            {u"<boost/"_s, {u"services/base/"_s}},
            {u"<yaml-cpp"_s, {u"services/base/"_s}},
            {u"<google/protobuf"_s, {u"services/wire/"_s}},
            {u"<sodium"_s, {u"services/record/"_s}},
            {u"<simdjson"_s, {u"services/ingest/"_s, u"services/base/"_s}},
            {u"<QWidget>"_s, {u"ui/"_s, u"app/"_s}},
        };
        QStringList wrong;
        for (const QString& folder : kFolders)
            for (const QString& file : sourcesBelow(folder)) {
                const QString text = read(kRoot + u'/' + file);
                for (const auto& [header, allowed] : rooms)
                    if (text.contains(u"#include "_s + header) && std::none_of(allowed.begin(), allowed.end(), [&](const QString& a) { return file.startsWith(a); }))
                        wrong += file + u" includes "_s + header;
            }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(u'\n')));
    }

    void noNestedLoopsAndNoLiteralColours()
    {
        QStringList wrong;
        for (const QString& folder : kFolders)
            for (const QString& file : sourcesBelow(folder)) {
                const QString text = read(kRoot + u'/' + file);
                if (text.contains(u"processEvents"_s) || text.contains(u"QEventLoop"_s)) wrong += file + u": nested event loop"_s;
                static const QRegularExpression hex(u"\"#[0-9a-fA-F]{6}\""_s);
                if (file.startsWith(u"ui/"_s) && text.contains(hex)) wrong += file + u": a literal colour"_s;
                if (!text.startsWith(u"// SPDX-License-Identifier: GPL-3.0-or-later"_s)) wrong += file + u": no licence line"_s;
            }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(u'\n')));
    }
};

QTEST_GUILESS_MAIN(Links)
#include "tst_links.moc"
