// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: CSV and JSON Lines as they should be, as they come, and as they must be refused.
#include "services/base/table_reader.h"
#include <QTemporaryDir>
#include <QtTest>

using namespace wf;
using namespace Qt::StringLiterals;

class TestTableReader : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QString write(const QString& name, const QByteArray& bytes)
    {
        QFile file(m_dir.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write");
        return file.fileName();
    }

    // All rows of the asked columns, "-" where missing; a refused row is its message without the folder.
    QStringList rows(const QString& name, const QByteArray& bytes, const QStringList& columns)
    {
        auto reader = TableReader::open(write(name, bytes));
        if (!reader) return {reader.error().sentence().remove(m_dir.path() + u'/')};
        for (const QString& c : columns)
            if (const auto index = reader->column(c); !index)
                return {index.error().sentence().remove(m_dir.path() + u'/')};
        QStringList out;
        while (true) {
            const auto more = reader->next();
            if (!more) {
                out << more.error().what.section(u'/', -1);
                continue;
            }
            if (!*more) return out;
            QStringList row;
            for (int i = 0; i < columns.size(); ++i) {
                const auto t = reader->text(i);
                row << (reader->has(i) ? QString::fromUtf8(t.data(), qsizetype(t.size())) : u"-"_s);
            }
            out << row.join(u'|');
        }
    }

private Q_SLOTS:
    void csv()
    {
        QCOMPARE(
            rows(u"a.csv"_s, "x,y,z\n1,2,3\r\n,b,\n\n\"a,\"\"b\"\"\",\"two\r\nlines\",é", {u"z"_s, u"x"_s, u"y"_s}),
            (QStringList{u"3|1|2"_s, u"-|-|b"_s, u"é|a,\"b\"|two\r\nlines"_s}));
        QCOMPARE(rows(u"a.csv"_s, "\xef\xbb\xbfx\n1\n\n2\n", {u"x"_s}), (QStringList{u"1"_s, u"-"_s, u"2"_s}));
        QCOMPARE(rows(u"a.csv"_s, "x,y\r\n", {u"x"_s}), QStringList());
    }

    void csvRefusals()
    {
        QCOMPARE(rows(u"a.csv"_s, "x,y\n1,2,3\n4,5\n6\n", {u"x"_s}),
            (QStringList{u"a.csv:2: 3 fields where the header has 2."_s, u"4"_s,
                u"a.csv:4: 1 fields where the header has 2."_s}));
        QCOMPARE(rows(u"a.csv"_s, "x,y\n\"1\"2,3\na\"b,1\n7,8\n", {u"x"_s}),
            (QStringList{u"a.csv:2: text behind a closing quote."_s,
                u"a.csv:3: a quote inside a field that is not quoted."_s, u"7"_s}));
        QCOMPARE(rows(u"a.csv"_s, "x,y\n1,\"open\n7,8\n", {u"x"_s}),
            (QStringList{u"a.csv:2: a quote is never closed."_s, u"7"_s}));
        QCOMPARE(rows(u"a.csv"_s, "x,x\n1,2\n", {u"x"_s}), QStringList{u"a.csv:1: the header names “x” twice."_s});
        QCOMPARE(rows(u"a.csv"_s, "x,y\n", {u"q"_s}), QStringList{u"a.csv has no column “q”. It has: x, y."_s});
        QVERIFY(rows(u"a.csv"_s, "", {u"q"_s}).first().contains(u"is empty"_s));
        QVERIFY(!TableReader::open(m_dir.filePath(u"nowhere.csv"_s)).has_value());
    }

    void jsonLines()
    {
        QCOMPARE(
            rows(u"a.jsonl"_s,
                "{\"task\":\"prime\",\"signals\":{\"correct\":1,\"deep\":{\"x\":-2.5e3}},\"list\":[1,{\"task\":2}]}\n"
                "  \n"
                "{ \"signals\" : { \"correct\" : null } , \"task\":\"a\\\"\\u00e9\\ud83d\\ude00\\n\" }\r\n"
                "{\"signals.correct\":true,\"list\":[ ]}",
                {u"task"_s, u"signals.correct"_s, u"signals.deep.x"_s, u"list"_s, u"signals.deep"_s}),
            (QStringList{
                u"prime|1|-2.5e3|[1,{\"task\":2}]|{\"x\":-2.5e3}"_s, u"a\"é😀\n|-|-|-|-"_s, u"-|true|-|[ ]|-"_s}));
    }

    void jsonRefusals_data()
    {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<QString>("reason");
        const auto add = [](const char* name, const QByteArray& row, const char* reason) {
            QTest::newRow(name) << row << QString::fromUtf8(reason);
        };
        add("array", "[1]", "the row is not a JSON object");
        add("cut", "{\"x\":1", "“,” or “}” is missing");
        add("cut string", "{\"x\":\"abc", "a string is never closed");
        add("cut escape", "{\"x\":\"abc\\", "a string is never closed");
        add("two", "{\"x\":1}{\"x\":2}", "text behind the object");
        add("trailing comma", "{\"x\":1,}", "a member name is missing");
        add("leading zero", "{\"x\":01}", "“,” or “}” is missing");
        add("bare dot", "{\"x\":1.}", "a number ends in “.”");
        add("nan", "{\"x\":NaN}", "a value is missing or is not JSON");
        add("word", "{\"x\":nul}", "an unknown word");
        add("twice", "{\"x\":1,\"x\":2}", "a member is given twice");
        add("control", "{\"x\":\"a\tb\"}", "a control character in a string");
        add("escape", "{\"x\":\"\\q\"}", "an unknown escape in a string");
        add("surrogate", "{\"x\":\"\\ud83d\"}", "a lone surrogate in a string");
        add("latin1", "{\"y\":\"\xe9\"}", "a string is not UTF-8");
        add("overlong", "{\"y\":\"\xc0\xaf\"}", "a string is not UTF-8");
        add("deep", "{\"y\":" + QByteArray(80, '[') + QByteArray(80, ']') + "}", "nested deeper than 64");
    }

    void jsonRefusals()
    {
        QFETCH(QByteArray, row);
        QFETCH(QString, reason);
        QCOMPARE(rows(u"a.jsonl"_s, "{\"x\":1}\n" + row + "\n{\"x\":2}\n", {u"x"_s}),
            (QStringList{u"1"_s, u"a.jsonl:2: "_s + reason + u'.', u"2"_s}));
    }

    void numbers()
    {
        auto reader
            = TableReader::open(write(u"n.csv"_s, "x\n1\n -2.5e1 \ntrue\nfalse\nnan\ninf\n1e999\n0x1p3\n1,5\n12a\n"));
        QVERIFY(reader.has_value());
        QCOMPARE(*reader->column(u"x"_s), 0);
        QList<double> good;
        QStringList bad;
        while (true) {
            const auto more = reader->next();
            if (!more) {
                bad << more.error().what.section(u'/', -1);
                continue;
            }
            if (!*more) break;
            if (const auto x = reader->number(0))
                good << *x;
            else
                bad << x.error().what.section(u'/', -1);
        }
        QCOMPARE(good, (QList<double>{1, -25, 1, 0}));
        QCOMPARE(bad.size(), 6);
        QCOMPARE(bad.first(), u"n.csv:6: x is “nan”, not a finite number."_s);
    }

    void rowsAcrossBufferEnds()
    {
        // Rows of growing odd sizes cross the reader's megabyte in every way; one is over the limit and is refused
        // alone.
        QByteArray bytes;
        int expected = 0;
        for (; bytes.size() < 5'000'000; ++expected)
            bytes += "{\"pad\":\"" + QByteArray(expected * 37 % 70'001, 'x')
                + "\",\"i\":" + QByteArray::number(expected) + "}\n";
        bytes += "{\"pad\":\"" + QByteArray(int(TableReader::kMaxRow) + 3'000'000, 'y') + "\",\"i\":-1}\n{\"i\":-2}";
        auto reader = TableReader::open(write(u"b.jsonl"_s, bytes));
        QCOMPARE(*reader->column(u"i"_s), 0);
        int i = 0;
        for (; i < expected; ++i) {
            const auto more = reader->next();
            QVERIFY2(more.has_value(), qPrintable(more ? QString() : more.error().what));
            QVERIFY(*more);
            QCOMPARE(*reader->number(0), double(i));
            QCOMPARE(reader->line(), i + 1);
        }
        const auto tooLong = reader->next();
        QVERIFY(!tooLong && tooLong.error().what.contains(u":%1: the row is longer than 16 MiB"_s.arg(expected + 1)));
        QVERIFY(*reader->next());
        QCOMPARE(*reader->number(0), -2.0);
        QVERIFY(!*reader->next());
    }
};

QTEST_GUILESS_MAIN(TestTableReader)
#include "tst_table_reader.moc"
