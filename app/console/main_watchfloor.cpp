// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/console.h"
#include "app/version.h"
#include "ui/common/theme.h"
#include "ui/shell/main_window.h"
#include "ui/wall/wall_window.h"
#include <QApplication>
#include <QCommandLineParser>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTimer>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace {
struct Arguments {
    wf::ConsoleOptions console;
    QString screenshot, theme;
    QSize size;
    double quitAfter = 0;
    bool wall = false;
};

int wrong(const QString& sentence)
{
    std::fprintf(stderr, "%s\n", qPrintable(sentence));
    return 2;
}

/// An exit code when the program must not go on.
std::optional<int> parse(const QStringList& args, Arguments& a)
{
    QCommandLineParser p;
    p.setApplicationDescription(u"Watchfloor: the incident command console for AI features that behave wrongly."_s);
    p.addOptions({{u"profile"_s, u"The profile's folder (default: %1)."_s.arg(wf::Profile::defaultDir()), u"DIR"_s},
        {u"replay"_s, u"Play a sample: sample:account-numbers, sample:silent-provider, sample:calm."_s, u"sample:NAME"_s},
        {u"speed"_s, u"Simulated seconds a second (default 1)."_s, u"N"_s}, {u"rate"_s, u"Load mode: records a second from the simulated feature."_s, u"N"_s},
        {u"as"_s, u"Who sits here."_s, u"PERSON"_s}, {u"wall"_s, u"Show the wall instead of the console."_s}, {u"theme"_s, u"dark or light."_s, u"NAME"_s},
        {u"size"_s, u"Window size, 1280x800 at least."_s, u"WxH"_s}, {u"screenshot"_s, u"Write a picture before quitting."_s, u"FILE"_s},
        {u"quit-after"_s, u"Quit after so many seconds and print what a tick costs."_s, u"SECONDS"_s}});
    p.addHelpOption();
    p.addVersionOption();
    p.process(args);
    if (!p.positionalArguments().isEmpty()) return wrong(u"watchfloor takes no argument “%1”; see --help."_s.arg(p.positionalArguments().front()));
    a.console.profile = p.value(u"profile"_s);
    a.console.person = p.value(u"as"_s);
    if (p.isSet(u"replay"_s)) {
        if (!p.value(u"replay"_s).startsWith(u"sample:"_s)) return wrong(u"--replay plays samples: sample:account-numbers, sample:silent-provider, sample:calm."_s);
        a.console.sample = p.value(u"replay"_s).mid(7);
    }
    if (p.isSet(u"speed"_s)) a.console.speed = p.value(u"speed"_s).toDouble();
    if (!(a.console.speed > 0 && a.console.speed <= 200)) return wrong(u"--speed goes from above 0 to 200."_s);
    a.console.recordsPerSecond = p.value(u"rate"_s).toDouble();
    a.wall = p.isSet(u"wall"_s);
    a.theme = p.value(u"theme"_s);
    a.screenshot = p.value(u"screenshot"_s);
    a.quitAfter = p.value(u"quit-after"_s).toDouble();
    const QStringList wh = p.value(u"size"_s).split(u'x');
    a.size = p.isSet(u"size"_s) ? QSize(wh.value(0).toInt(), wh.value(1).toInt()) : QSize(1600, 900);
    if (a.size.width() < 640 || a.size.height() < 480) return wrong(u"--size is WIDTHxHEIGHT, at least 640x480."_s);
    return std::nullopt;
}

void printTicks(const wf::MainWindow& window)
{
    const auto t = window.tickStatistics();
    const QJsonObject line{{u"ticks"_s, t.ticks}, {u"mean_ms"_s, t.meanMs}, {u"p99_ms"_s, t.p99Ms}, {u"halved"_s, t.halved}};
    std::printf("%s\n", QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}
} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    QApplication::setApplicationName(u"watchfloor"_s);
    QApplication::setApplicationDisplayName(u"Watchfloor"_s);
    QApplication::setApplicationVersion(QStringLiteral(WF_VERSION));
    Arguments args;
    if (const auto code = parse(app.arguments(), args)) return *code;
    QString themeProblem;
    if (!args.theme.isEmpty() && !wf::Theme::instance().load(args.theme, &themeProblem)) return wrong(themeProblem);
    wf::Theme::instance().applyTo(app);

    const auto console = wf::Console::open(args.console);
    std::unique_ptr<wf::MainWindow> window;
    std::unique_ptr<wf::WallWindow> wall;
    QWidget* shown = nullptr;
    if (args.wall)
        shown = (wall = console->makeWall()).get();
    else
        shown = (window = console->makeWindow()).get();
    shown->resize(args.size);
    shown->show();
    if (args.quitAfter > 0)
        QTimer::singleShot(int(args.quitAfter * 1000), &app, [&] {
            if (!args.screenshot.isEmpty() && !shown->grab().save(args.screenshot)) std::fprintf(stderr, "The picture %s could not be written.\n", qPrintable(args.screenshot));
            if (window) printTicks(*window);
            QApplication::quit();
        });
    const int code = app.exec();
    window.reset();
    wall.reset();
    return code;
}
