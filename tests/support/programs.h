// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: drives the real binaries: watchfloorctl for one verb, or a program that runs until it is ended by its pid.
#pragma once
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>
#include <QThread>
#include <csignal>
#include <functional>

namespace wf::test {

inline QString program(const QString& name)
{
    return QStringLiteral(WF_BIN_DIR) + u'/' + name;
}

struct Ran {
    int code = -1;
    QByteArray out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.left(out.indexOf('\n'))).object(); }
    QList<QJsonObject> lines() const
    {
        QList<QJsonObject> all;
        for (const QByteArray& l : out.split('\n'))
            if (!l.isEmpty()) all += QJsonDocument::fromJson(l).object();
        return all;
    }
};

inline Ran run(const QString& path, const QStringList& args, int timeoutMs = 60'000)
{
    QProcess p;
    p.start(path, args);
    Ran r;
    if (!p.waitForFinished(timeoutMs)) {
        p.kill();
        p.waitForFinished();
        r.err = "timed out: " + args.join(u' ').toUtf8();
        return r;
    }
    r.code = p.exitStatus() == QProcess::NormalExit ? p.exitCode() : -1;
    r.out = p.readAllStandardOutput();
    r.err = p.readAllStandardError();
    return r;
}

inline Ran ctl(const QStringList& args, int timeoutMs = 60'000)
{
    return run(program(QStringLiteral("watchfloorctl")), args, timeoutMs);
}

/// A program that runs until told; ended by its pid at the latest when this goes out of scope.
class Running {
public:
    ~Running() { end(); }
    /// Runs in the child between fork and exec: limits and the like. Call it before start().
    void inChild(std::function<void()> prepare) { m_process.setChildProcessModifier(std::move(prepare)); }
    /// The first line it prints, as JSON; empty when it ended or said nothing in time.
    QJsonObject start(const QString& name, const QStringList& args, const QProcessEnvironment& env = QProcessEnvironment::systemEnvironment(), int timeoutMs = 60'000)
    {
        m_process.setProcessEnvironment(env);
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(program(name), args);
        QElapsedTimer t;
        t.start();
        while (!m_process.canReadLine() && t.elapsed() < timeoutMs && m_process.state() != QProcess::NotRunning) m_process.waitForReadyRead(200);
        return QJsonDocument::fromJson(m_process.readLine()).object();
    }
    void start(const QString& name, const QStringList& args, const QProcessEnvironment& env, bool)
    {
        m_process.setProcessEnvironment(env);
        m_process.setProcessChannelMode(QProcess::ForwardedChannels);
        m_process.start(program(name), args);
        m_process.waitForStarted();
    }
    void signal(int number) { if (m_process.processId()) ::kill(pid_t(m_process.processId()), number); }
    void killHard()
    {
        signal(SIGKILL);
        m_process.waitForFinished(5000);
    }
    int end()
    {
        if (m_process.state() == QProcess::NotRunning) return m_process.exitCode();
        signal(SIGCONT);
        m_process.terminate();
        if (!m_process.waitForFinished(15'000)) killHard();
        return m_process.exitCode();
    }
    bool running() const { return m_process.state() != QProcess::NotRunning; }
    qint64 pid() const { return m_process.processId(); }

private:
    QProcess m_process;
};

/// Ends a process that is not our child any more (its parent was killed).
struct Orphan {
    qint64 pid = 0;
    ~Orphan()
    {
        if (pid > 0) ::kill(pid_t(pid), SIGTERM);
    }
};

/// Polls until the condition holds.
template <class F> bool eventually(F&& condition, int timeoutMs)
{
    QElapsedTimer t;
    t.start();
    while (t.elapsed() < timeoutMs) {
        if (condition()) return true;
        QThread::msleep(200);
    }
    return condition();
}

} // namespace wf::test
