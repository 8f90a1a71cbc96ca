// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a fresh sample profile and an engine on it, for tests in which something goes wrong; and what a refusal must
// be. Owner: tests. Thread: one.
#pragma once
#include "services/base/files.h"
#include "services/runbooks/profiles.h"
#include "tests/support/programs.h"
#include "tests/support/sender.h"
#include <QTemporaryDir>

namespace wf::test {

/// Nobody listens there: whatever a plan would do is refused at once.
inline const QString kNoTarget = QStringLiteral("http://127.0.0.1:9");

class House {
public:
    House()
    {
        const auto made = createSampleProfile(dir(), kNoTarget);
        if (!made) qFatal("%s", qPrintable(made.error().sentence()));
    }
    QString root() const { return m_root.path(); }
    QString dir() const { return m_root.filePath(QStringLiteral("profile")); }
    QString file(const QString& name) const { return dir() + u'/' + name; }
    QString record() const { return file(QStringLiteral("record.db")); }
    QString events() const { return file(QStringLiteral("events.db")); }
    QByteArray read(const QString& name) const { return readFile(file(name), 1 << 30).value_or(QByteArray()); }
    void write(const QString& name, const QByteArray& bytes) const
    {
        QFile f(file(name));
        if (!f.open(QIODevice::WriteOnly) || f.write(bytes) != bytes.size()) qFatal("%s", qPrintable(f.errorString()));
    }

    QStringList serveArgs(const QString& http = QStringLiteral("127.0.0.1:0")) const
    {
        return {QStringLiteral("serve"), QStringLiteral("--profile"), dir(), QStringLiteral("--http"), http};
    }
    /// Where the engine listens; empty when it did not start.
    QString start(Running& engine, const QStringList& more = {}) const
    {
        return engine.start(QStringLiteral("watchfloorctl"), serveArgs() + more)[QStringLiteral("http")].toString();
    }
    Ran verb(const QStringList& args) const { return ctl(args + QStringList{QStringLiteral("--profile"), dir()}); }
    QJsonObject status() const { return verb({QStringLiteral("status"), QStringLiteral("--json")}).json(); }
    QJsonObject incident() const
    {
        return verb({QStringLiteral("incident"), QStringLiteral("show"), QStringLiteral("--json")}).json();
    }
    QString sentenceOfProblem(const QString& part) const
    {
        for (const auto& p : status()[QStringLiteral("problems")].toArray())
            if (p.toString().contains(part)) return p.toString();
        return {};
    }

private:
    QTemporaryDir m_root;
};

/// What is wrong with a text that a person is to read; empty when it is a whole sentence.
inline QByteArray notASentence(const QByteArray& text)
{
    const QByteArray t = text.trimmed();
    for (const char* jargon : {"std::", "errno", "QFile", "terminate called", "Assert", "qt."})
        if (t.contains(jargon)) return "jargon: " + t;
    return t.size() > 20 && t.count(' ') >= 3 && t.endsWith('.') ? QByteArray() : "no sentence: \"" + t + '"';
}

/// Empty when the verb ended with this code and said why in sentences that hold all these words.
inline QByteArray whyNot(const Ran& ran, int code, const QList<QByteArray>& words)
{
    const QByteArray said = ran.err + ran.out;
    if (ran.code != code) return "exit code " + QByteArray::number(ran.code) + ": " + said;
    for (const QByteArray& w : words)
        if (!said.contains(w)) return "does not say \"" + w + "\": " + said;
    return notASentence(said);
}

} // namespace wf::test

#define REFUSED(ran, code, ...)                                                                                        \
    do {                                                                                                               \
        const QByteArray why = wf::test::whyNot(ran, code, {__VA_ARGS__});                                             \
        QVERIFY2(why.isEmpty(), why);                                                                                  \
    } while (false)
