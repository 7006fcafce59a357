# Alle Wörter des Fensters von Lectern. Die englische Datei hat dieselben Schlüssel.

## Allgemein

common-cancel = Abbrechen
common-close = Schließen
common-leave = Die Klasse verlassen
common-dark = Dunkle Farben
common-light = Helle Farben
common-language = English

## Tage

date-day = { $day }. { $month }
date-day-year = { $day }. { $month } { $year }
date-month = { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
}

## Beitreten

join-title = Einer Klasse beitreten
join-subtitle = Wählen Sie eine Klasse in diesem Netz, oder fügen Sie den Link ein, den Sie von der Lehrkraft haben.
join-link = Beitrittslink
join-link-hint = lectern://-Link oder eine Adresse wie 192.168.10.4
join-name = Ihr Name
join-password = Raumpasswort
join-show-password = Das Passwort zeigen
join-button = Beitreten
join-button-room = { $room } beitreten
join-instructor = Dieser Link enthält den Schlüssel der Lehrkraft: Sie treten als Lehrkraft ein, ohne Passwort.
join-as-instructor = Lehrkraft
join-connecting = { $host } wird gefragt
join-no-class = Keine Klasse gewählt
join-no-class-hint = Der Link nennt Server und Raum
join-room = Raum { $room }
join-address = { $hosts } · Port { $port }
join-missing-link = Beitreten geht, sobald ein ganzer Link da ist.
join-missing-name = Beitreten geht, sobald ein Name da ist, wie der Raum ihn sehen soll.
join-missing-password = Beitreten geht, sobald das Raumpasswort da ist.
join-target = Wohin dieser Link führt
join-target-server = Server
join-target-port = Port
join-target-room = Raum
join-target-fingerprint = Zertifikat
join-pinned = Nur der Server mit diesem Zertifikat bekommt Ihr Passwort
join-opens-video = Öffnet ein Video
join-last = Ihre letzte Klasse
join-again = Raum { $room } wieder wählen
join-help = Wo ist der Link?
join-help-student = Die Lehrkraft zeigt oder schickt ihn. Er beginnt mit lectern:// und ist lang: Kopieren Sie ihn ganz. Das Raumpasswort kommt getrennt.
join-help-instructor = Als Lehrkraft nehmen Sie den zweiten Link, den der Server beim Start ausgibt; er braucht kein Passwort.
join-no-internet = Internet ist nicht nötig
join-found = In diesem Netz
join-found-count = { $n ->
    [0] noch keiner gefunden
   *[other] { $n } gefunden
}
join-found-none = Server, die antworten, erscheinen hier von selbst. Sonst fügen Sie den Link ein, oder tippen Sie die Adresse.
join-looking = Es wird gesucht
join-choose = { $name } unter { $address } wählen
join-trust-new = Neu: Wörter vergleichen
join-trust-known = Bekannt
join-trust-known-since = Bekannt seit { $day }
join-trust-changed = Gleicher Name, anderes Zertifikat
join-not-that-server = Nicht der Server, dem Sie früher beigetreten sind. Er bekommt kein Passwort von Ihnen.
join-not-that-server-since = Nicht der Server, dem Sie am { $day } beigetreten sind. Er bekommt kein Passwort von Ihnen.
join-rooms = { $n ->
    [1] Raum { $rooms }
   *[other] Räume { $rooms }
}
join-rooms-more = Räume { $rooms } und { $more } weitere
join-rooms-typed = { $n ->
    [1] Er hat noch einen Raum: Tippen Sie seinen Namen.
   *[other] Er hat { $n } weitere Räume: Tippen Sie den Namen des Ihren.
}
join-choose-room = Einen Raum wählen
join-words-computing = Die Wörter werden berechnet
join-compare = Mit der Tafel vergleichen
join-same-words = Dieselben drei Wörter stehen im Raum
join-known = Diesem Server sind Sie schon beigetreten; es ist derselbe.
join-changed = Ein Server mit diesem Namen oder dieser Adresse ist hier bekannt, und dies ist ein anderer, oder er wurde neu eingerichtet. Er bekommt kein Passwort. Fragen Sie nach dem Link.
join-ask = Diese Adresse fragen
join-missing-ask = Beitreten geht, sobald der Server unter dieser Adresse geantwortet hat: Drücken Sie die Eingabetaste oder den Knopf darunter.
join-missing-words = Beitreten geht, sobald Sie die Wörter verglichen haben.
join-missing-changed = Beitreten geht nicht: Dies ist nicht der Server, der unter diesem Namen bekannt ist.
join-missing-room = Beitreten geht, sobald der Name des Raums da ist.

network-wireless = WLAN
network-wired = Netz
network-vpn = VPN

## Eine eigene Datei oder Klasse

ways-class = Hier eine Klasse beginnen
ways-class-hint = Dieser Rechner wird zum Server
ways-file = Eine Datei öffnen
ways-file-hint = Spielt ohne Server; oder hierher ziehen
ways-drop = Datei loslassen, um sie abzuspielen
ways-pick-file = Ein Video oder eine Aufnahme wählen
ways-pick-folder = Den Ordner für Ihre Videos wählen
own-instructor = Lehrkraft
own-starting-class = Die Klasse wird begonnen
own-starting-class-hint = Legen Sie Videos in { $folder }: Sie erscheinen von selbst in der Übersicht.
own-opening = { $file } wird geöffnet
own-opening-hint = Es beginnt, sobald die ersten Sekunden bereit sind.
own-opening-done = { $percent } % sind bereit
own-class = Ihre Klasse läuft auf diesem Rechner
own-password = Raumpasswort
own-copy-password = Das Passwort { $password } kopieren
own-copy-link = Den Beitrittslink kopieren
own-folder = Videoordner
own-folder-named = Den Videoordner { $path } öffnen
own-board = Beitrittstafel
own-port = Den Port { $taken } hat ein anderes Programm, darum nimmt diese Klasse Port { $port }. Link und Tafel nennen ihn; wer die Adresse tippt, fügt ihn an.
own-folder-failed = Die Dateiverwaltung lässt sich nicht öffnen ({ $why }). Der Ordner ist { $path }.
own-end = Die Klasse beenden?
own-end-others = { $n ->
    [one] Eine weitere Person ist darin; ihr Video bricht ab.
   *[other] { $n } weitere Personen sind darin; ihre Videos brechen ab.
}
own-end-yes = Die Klasse beenden
own-end-no = Weitermachen
own-close-file = Die Datei schließen
status-own-file = Wird auf diesem Rechner abgespielt

here-no-server = Dieses Lectern hat keinen Server neben sich, und eigene Dateien und Klassen brauchen einen: lectern-server liegt weder neben diesem Programm noch im Suchpfad. Installieren Sie das Paket lectern-server, oder nennen Sie das Programm in LECTERN_SERVER. Einer Klasse beitreten geht ohne ihn.
here-no-worker = Das Programm lectern-media, das Videos liest, liegt weder neben lectern-server noch im Suchpfad. Installieren Sie den Server von Lectern ganz, oder nennen Sie das Programm in LECTERN_MEDIA.
here-file = { $path } lässt sich nicht abspielen: { $why }
here-file-missing = Diese Datei gibt es nicht. Prüfen Sie, wie sie geschrieben ist und ob ihr Laufwerk verbunden ist.
here-file-folder = Das ist ein Ordner. Wählen Sie eine Datei darin.
here-file-special = Das ist keine gewöhnliche Datei. Wählen Sie ein Video oder eine Aufnahme.
here-file-forbidden = Sie dürfen sie nicht lesen. Ändern Sie die Rechte, oder kopieren Sie sie an einen eigenen Platz.
here-file-unreadable = Sie lässt sich nicht lesen ({ $why }). Prüfen Sie das Laufwerk.
here-folder = Der Ordner { $path } lässt sich nicht anlegen oder lesen ({ $why }). Wählen Sie in den Einstellungen einen anderen für Ihre Videos.
here-running = Eine Klasse, die auf diesem Rechner begonnen wurde, läuft schon in einem anderen Fenster von Lectern. Machen Sie dort weiter, oder schließen Sie erst jenes Fenster.
here-no-storage = Dieses System hat keinen Ordner für das, was Programme behalten, darum lässt sich keine Klasse behalten. Setzen Sie HOME, und beginnen Sie neu.
here-slow = Der Server war nach { $seconds } Sekunden nicht bereit. Schließen Sie andere Programme, und versuchen Sie es noch einmal.
here-unstartable = Der Server lässt sich nicht starten ({ $why }). Schließen Sie andere Programme, oder installieren Sie den Server von Lectern neu.
here-ended = Der Server hat ohne ein Wort geendet (Code { $code }). Starten Sie ihn noch einmal; wenn es so bleibt, installieren Sie den Server von Lectern neu.
here-failed = Der Server hat geendet. Er sagte: { $said }

## Beitrittstafel

board-title = Lectern: Beitreten
board-toggle = Beitrittstafel für den Beamer
board-joined = { $n } sind da
board-code = Code mit dem Beitrittslink
board-network = Seien Sie in diesem Netz
board-same-network = Das Netz dieses Raums
board-choose = Öffnen Sie Lectern, wählen Sie { $name } oder tippen Sie
board-port = Port { $port }
board-room = Raum, und das Passwort, das die Lehrkraft sagt
board-words = Lectern zeigt Ihnen drei Wörter. Weiter nur, wenn es diese sind
board-line = Schlüssel in diesem Raum, auf jedem Bildschirm gleich: { $words }

## Was an einem Link falsch ist

link-scheme = Das ist kein Beitrittslink; einer beginnt mit lectern://.
link-length = Das ist länger als { $most } Zeichen und darum kein Beitrittslink. Kopieren Sie nur den Link.
link-hosts = Der Link nennt keine Adresse. Kopieren Sie ihn noch einmal ganz.
link-port = Der Link hat nach der Adresse keinen Port zwischen 1 und 65535. Kopieren Sie ihn noch einmal ganz.
link-room = Der Link nennt keinen Raum oder einen mit mehr als { $most } Bytes. Kopieren Sie ihn noch einmal ganz.
link-fingerprint = Der Link ist abgeschnitten: Der Fingerabdruck des Servers, 43 Zeichen nach #, ist nicht ganz. Kopieren Sie ihn noch einmal.
link-parameter = Der Teil „{ $name }“ des Links ist unbekannt oder nicht lesbar. Kopieren Sie ihn noch einmal, oder erneuern Sie Lectern.

## Warum das Beitreten misslang oder endete

error-unreachable = { $hosts } ist auf Port { $port } nicht zu erreichen. { $why }
error-changed-certificate = { $host } hat den Namen oder die Adresse eines Servers, der hier bekannt ist, aber ein anderes Zertifikat: Es ist nicht dieser Server, oder er wurde neu eingerichtet. Fragen Sie nach dem Link, der das Zertifikat nennt. Es wurde kein Passwort gesendet.
error-other-certificate = { $host } zeigt ein anderes Zertifikat, als der Link nennt. Es ist nicht der Server, für den der Link gemacht wurde, oder er wurde neu eingerichtet. Fragen Sie nach einem neuen Link. Es wurde kein Passwort gesendet.
error-version = { $what }. Erneuern Sie das ältere der beiden.
error-version-unfetched = { $what }. Aktualisieren Sie das ältere der beiden. Das passende ließ sich nicht vom Server holen: { $why }
version-other = Der Server ({ $agent }) spricht die Versionen { $oldest } bis { $newest } des Protokolls, dieses Programm { $ownoldest } bis { $ownnewest }
update-none = Er gibt kein Lectern für dieses System aus. Fragen Sie, wer ihn betreibt.
update-busy = Er gibt Lectern gerade an viele andere aus. Versuchen Sie es in einer Minute noch einmal.
update-broken = Die Verbindung brach ab, während Lectern geholt wurde. { $why }
update-wrong = Was er schickte, ist nicht, was er angekündigt hatte. Versuchen Sie es noch einmal; wenn es so bleibt, sagen Sie es der Person, die ihn betreibt.
update-unwritable = { $path } lässt sich nicht schreiben ({ $why }). Schaffen Sie Platz, oder wählen Sie einen anderen persönlichen Ordner.
error-version-package = { $what }. Lectern { $version }, das passt, wurde vom Server geholt: Installieren Sie es mit „sudo apt install { $path }“ und starten Sie es neu.
error-version-archive = { $what }. Lectern { $version }, das passt, wurde vom Server geholt: Entpacken Sie { $path } und starten Sie das „lectern“ darin.
error-wrong-password = Raumname oder Passwort ist falsch. Großbuchstaben zählen; fragen Sie die Lehrkraft.
error-wrong-instructor-key = Der Schlüssel in diesem Link gehört nicht zu diesem Server. Nehmen Sie den Link für die Lehrkraft, den der Server ausgegeben hat.
error-too-many-failures = Von dieser Adresse kamen zu viele falsche Passwörter. Versuchen Sie es in { $seconds } s wieder.
error-busy = Der Server ist mit anderen Anmeldungen beschäftigt. Versuchen Sie es in { $seconds } s wieder.
error-room-full = Der Raum ist voll. Fragen Sie die Lehrkraft.
error-bad-name = Dieser Name geht nicht: 1 bis 64 Bytes, keine Steuerzeichen.
error-password-needed = Für diesen Raum braucht es ein Passwort.
error-removed = { $by } hat Sie aus dem Raum entfernt.
error-locked = Der Raum ist abgeschlossen: Zurzeit kommt niemand Neues herein. Bitten Sie die Lehrkraft, ihn zu öffnen.
error-turned-away = Sie wurden nicht eingelassen. Fragen Sie die Lehrkraft, und versuchen Sie es noch einmal.
error-banned = Die Lehrkraft lässt Sie nicht in diesen Raum.
error-replaced = Eine andere Verbindung mit derselben Identität hat Ihren Platz übernommen.
error-left = Sie haben den Raum verlassen.
error-closed = Der Server hat dieses Programm nicht verstanden und die Verbindung beendet („{ $why }“). Treten Sie wieder bei; wenn es so bleibt, aktualisieren Sie das ältere der beiden.

## Warum ein Server nicht zu erreichen ist und was zu tun ist

trouble-refused = Der Rechner antwortet, aber dort lauscht kein Server. Starten Sie den Server, oder fragen Sie nach seinem Port.
trouble-filtered = Der Rechner antwortet, aber eine Firewall verwirft die Verbindung. Öffnen Sie in der Firewall des Servers die TCP-Ports 5511, 9000 und 5858.
trouble-isolated = Das Netz selbst antwortet; wahrscheinlich ist es isoliert: Sein Zugangspunkt hält die Rechner voneinander fern (Client-Isolation, Gäste-WLAN). Nehmen Sie ein anderes Netz oder ein Kabel, oder lassen Sie diese Einstellung abschalten. Sonst ist der Rechner aus oder seine Firewall geschlossen.
trouble-silent = Der Rechner wäre in diesem Netz, antwortet aber nicht. Vielleicht ist er aus oder schläft, seine Firewall ist geschlossen, oder seine Adresse ist inzwischen eine andere.
trouble-off-network = Er ist in einem Netz, das dieser Rechner nicht erreicht. Gehen Sie in das Netz der Klasse, oder verbinden Sie das VPN.
trouble-no-network = Dieser Rechner ist in keinem Netz. Verbinden Sie ihn mit dem WLAN oder Kabel der Klasse.
trouble-unknown-name = Niemand in diesem Netz kennt den Namen { $name }. Prüfen Sie die Schreibweise, oder nehmen Sie die Adresse des Servers in Zahlen.
trouble-not-lectern = Dort antwortet etwas, das kein Lectern-Server ist. Prüfen Sie den Port.
trouble-system = Die Verbindung kommt nicht zustande: { $why }. Prüfen Sie, ob der Server läuft und beide Rechner in einem Netz sind.
trouble-internal = In diesem Programm ist ein Fehler aufgetreten („{ $said }“). Starten Sie es neu; wenn er bleibt, melden Sie ihn.

## Warum eine Verbindung geendet hat

lost-closed = Der Server hat die Verbindung geschlossen. Versuchen Sie es noch einmal.
lost-not-reading = Der Server nimmt nichts mehr an. Prüfen Sie das Netz, und ob der Server noch läuft.
lost-silent = Vom Server kam { $seconds } s lang nichts. Prüfen Sie das Netz, und ob der Server noch läuft.
lost-not-lectern = Der Server schickte etwas, das dieses Programm nicht versteht. Aktualisieren Sie das ältere der beiden.
lost-system = Die Verbindung hat geendet: { $why }. Prüfen Sie das Netz.
lost-stopped = Der Server wurde beendet. Bitten Sie die Lehrkraft, ihn zu starten.
lost-overrun = Dieser Rechner kam mit den Nachrichten des Servers nicht mit. Schließen Sie andere Programme.
lost-busy = Der Server ist mit anderen Anmeldungen beschäftigt. Versuchen Sie es in { $seconds } s noch einmal.

## Was das System verweigert hat, im Satz

system-forbidden = die Berechtigung dafür fehlt
system-missing = es ist nicht da
system-full = der Datenträger ist voll
system-read-only = der Datenträger ist schreibgeschützt
system-broken-off = die Gegenseite hat die Verbindung abgebrochen
system-timed-out = es kam nichts mehr
system-no-memory = der Speicher reicht nicht
system-said = das System meldet „{ $said }“

## Leiste

rail-watch = Ansehen

## Katalog

catalogue-title = Ansehen
catalogue-count = { $n ->
    [one] { $n } Video
   *[other] { $n } Videos
}
catalogue-minutes = { $m } min
catalogue-hours = { $h } h { $m } min
catalogue-empty = Noch keine Videos
catalogue-empty-hint = Dateien, die die Lehrkraft in den Ordner videos des Servers legt, erscheinen hier von selbst.
catalogue-loading = { $server } wird nach Videos gefragt
catalogue-search = Titel suchen
catalogue-clear = Suche leeren
catalogue-none = Nichts gefunden
catalogue-none-words = In keinem Titel steht „{ $words }“.
catalogue-none-state = Kein Video ist jetzt in diesem Zustand.
catalogue-show-all = Alle Videos zeigen
catalogue-new-files = Eine Datei im Ordner videos erscheint hier von selbst

filter-all = Alle
filter-ready = Fertig
filter-preparing = In Arbeit
filter-failed = Misslungen

order-now = Reihenfolge: { $order }
order-title = Titel, A bis Z
order-title-down = Titel, Z bis A
order-longest = Längste zuerst
order-shortest = Kürzeste zuerst
order-state = Nach Zustand

card-ready = { $title }, { $duration }
card-waiting = { $title }, wartet
card-preparing = { $title }, wird vorbereitet, { $percent } %
card-awaited = { $title }, wird geöffnet, sobald der Anfang vorbereitet ist
card-failed = { $title }, misslungen: { $reason }
card-progress = { $title } wird vorbereitet
card-mark-waiting = Wartet
card-mark-preparing = In Arbeit
card-mark-failed = Misslungen
card-next = Wartet; öffnen, um es vorzuziehen
card-opens = Öffnet sich, sobald der Anfang bereit ist
card-being-prepared = Wird vorbereitet
card-left = { $percent } % · noch { $left }
card-show-details = Einzelheiten
card-details = { $title }: zeigen, warum es misslang

failed-empty = Die Datei ist leer. Kopieren Sie sie noch einmal.
failed-truncated = Die Datei ist nicht vollständig: Ihr Ende fehlt, oder das Verzeichnis, das dort steht. Kopieren Sie sie noch einmal, oder reparieren Sie die Aufnahme.
failed-unreadable = Das ist keine lesbare Video- oder Tondatei. Exportieren Sie sie als MP4 mit H.264 und AAC.
failed-no-media = Die Datei enthält weder Bild noch Ton, die sich abspielen lassen. Exportieren Sie sie noch einmal als MP4.
failed-zero-duration = Die Datei hat keine Dauer: Es gibt nichts abzuspielen. Exportieren Sie sie noch einmal.
failed-io = Der Server kann für diese Datei nicht lesen oder schreiben, was er braucht. Prüfen Sie den Datenträger und die Rechte der Datei.
failed-no-space = Der Datenträger des Servers ist voll, daher ließ sich das Video nicht vorbereiten. Schaffen Sie Platz; das Vorbereiten geht dort weiter, wo es stand.
failed-busy = Ein anderes Programm bereitet dieses Video gerade vor. Warten Sie, bis es fertig ist.
failed-internal = Lectern selbst ist an dieser Datei gescheitert. Melden Sie es, möglichst mit der Datei.
failed-damaged = Die Datei ist beschädigt. Kopieren oder exportieren Sie sie noch einmal.
failed-unsupported = Die Datei ist von einer Art, die sich hier nicht decodieren lässt. Wandeln Sie sie in MP4 mit H.264 und AAC um.
failed-no-memory = Das Vorbereiten braucht mehr Speicher, als es darf. Erhöhen Sie die Grenze des Servers, oder nehmen Sie ein kleineres Video.
failed-no-worker = Der Server kann sein Programm nicht starten, das Videos vorbereitet. Installieren Sie Lectern auf dem Server ganz.
failed-too-slow = Das Vorbereiten dauerte länger, als es darf, oder stand still. Wandeln Sie die Datei in MP4 mit H.264 und AAC um.
failed-crashed = Das Vorbereiten brach ab. Wandeln Sie die Datei in MP4 mit H.264 und AAC um.
failed-prepared = Was davon vorbereitet war, ist beschädigt. Nehmen Sie die Datei weg, und legen Sie sie wieder hin.
failed-said = Der Server meldet: { $said }
failed-hint-instructor = Spielen Sie die Datei auf dem Rechner des Servers ab. Geht es auch dort nicht, kopieren oder exportieren Sie sie neu. Sobald sich die Datei im Ordner videos ändert, wird sie von selbst wieder vorbereitet.
failed-hint-student = Sagen Sie es der Lehrkraft. Sobald die Datei ersetzt ist, wird sie wieder vorbereitet und erscheint hier von selbst.
card-damage = { $places ->
    [one] { $lost } s bei { $around } waren nicht lesbar.
   *[other] { $lost } s an { $places } Stellen waren nicht lesbar, das meiste bei { $around }.
}
card-sound-only = Nur Ton

## Bühne

stage-back = Zurück zu den Videos
stage-picture = Video
stage-play = Abspielen
stage-pause = Anhalten
stage-replay = Noch einmal
stage-retry = Erneut versuchen
stage-rewind = 10 s zurück
stage-forward = 10 s vor
stage-mute = Ton aus
stage-unmute = Ton an
stage-volume = Lautstärke
stage-seek = Stelle
stage-quality = Auflösung
stage-quality-now = Auflösung: { $rung }
stage-quality-auto = Auto
stage-quality-auto-now = Auto ({ $rung })
stage-quality-auto-note = was passt
stage-sound-track = Ton
stage-sound-track-now = Ton: { $track }
stage-sound-track-number = Spur { $n }
stage-chapters = Kapitel
stage-chapter-now = Kapitel: { $title }
stage-chapter-number = Kapitel { $n }
stage-lost = Dieser Teil der Datei war nicht lesbar
stage-lost-hint = Er ist beschädigt. Bei { $at } geht es weiter.
stage-lost-to-end = Er ist beschädigt, bis zum Ende des Videos.
stage-lost-pointed = Nicht lesbar
stage-cut = Die Datei bricht hier ab
stage-cut-hint = Weitere { $lost } s sollten folgen, waren aber nicht lesbar.
stage-thirds = { $rungs } nacheinander
stage-fullscreen = Vollbild
stage-fullscreen-leave = Vollbild verlassen
stage-zoom-whole = { $scale } vergrößert: das ganze Bild zeigen
stage-failed = Dieses Video lässt sich nicht abspielen
stage-no-graphics = Die Grafik dieses Rechners kann das Bild nicht zeichnen; das Protokoll sagt, warum. Erneuern Sie den Grafiktreiber.
stage-reconnecting = Verbindung weg seit { $for }
stage-reconnecting-ahead = Wird wieder versucht. Das Video läuft noch { $seconds } s weiter.
stage-reconnecting-empty = Wird wieder versucht. Das Video geht weiter, wo es war.
stage-stalled = Die Leitung ist zu langsam
stage-stalled-hint = Es geht von selbst weiter. Eine niedrigere Auflösung braucht weniger.
stage-silent = Kein Ton, das Bild läuft stumm weiter

## Statistik über dem Bild

stats-title = Statistik
stats-throughput = Empfangen
stats-buffer = Vorrat
stats-missed = Verspätet, weggelassen, je halbe s
stats-rung = Auflösung
stats-skew = Bild hinter Ton
stats-round-trip = Umlaufzeit
stats-ago = vor 60 s
stats-now = jetzt
stats-presented = Gezeigte Bilder
stats-late = Zu spät gezeigt
stats-dropped = Weggelassen
stats-corrupt = Beschädigt
stats-stalls = Stockungen
stats-first = Erstes Bild nach
stats-received = Insgesamt empfangen

## Warum ein Video sich nicht abspielen lässt

play-gone = Das Video ist nicht mehr im Katalog. Seine Datei wurde entfernt oder umbenannt.
play-not-ready = Das Video wird noch vorbereitet. Versuchen Sie es wieder, wenn der Katalog es als fertig zeigt.
play-failed = Es ließ sich nicht vorbereiten: { $reason }
keep-file = Die Aufnahme { $path } lässt sich nicht schreiben: { $why } Wählen Sie einen Ordner, in den Sie schreiben dürfen und der genug Platz hat.
keep-empty = Bis zum Ende kam nichts, also gibt es keine Aufnahme. Schauen Sie länger zu.
play-quality = Der Server kennt diese Auflösung nicht. Wählen Sie eine andere.
play-no-picture = Das Video hat kein Bild.
play-manifest = Der Server beschreibt dieses Video auf eine Art, die dieses Programm nicht versteht. Aktualisieren Sie das ältere der beiden.
play-segment = Ein Teil des Videos ist beschädigt. Bitten Sie die Lehrkraft, es vom Server neu vorbereiten zu lassen.
play-not-prepared = Dieser Teil des Videos ist noch nicht vorbereitet. Versuchen Sie es noch einmal, wenn die Übersicht es als bereit zeigt.
play-replaced = Die Datei dieses Videos wurde ersetzt, bevor die alte ganz vorbereitet war; ihr Rest kommt nicht mehr. Öffnen Sie das Video noch einmal, um das neue zu sehen.
play-thread = Dieser Rechner kann nicht noch mehr zugleich tun ({ $why }). Schließen Sie andere Programme, und öffnen Sie das Video noch einmal.
fetch-not-found = Der Server hat diesen Teil des Videos nicht mehr; er wurde entfernt oder neu vorbereitet. Öffnen Sie es noch einmal.
fetch-unreadable = Der Server kann diesen Teil des Videos nicht von seinem Datenträger lesen. Sagen Sie es der Lehrkraft.
fetch-mismatch = Es kam ein Teil des Videos, der nicht der ist, den die Übersicht nennt. Öffnen Sie es noch einmal.
fetch-gone = Die Verbindung zur Klasse hat geendet.
decode-none = Dieser Rechner hat keinen Decoder für { $codec }. Installieren Sie das vollständige Paket libavcodec.
decode-configuration = Das vorbereitete Video ist beschädigt: Der Decoder weist es ab. Lassen Sie es vom Server neu vorbereiten.
decode-damaged = Ein Teil des Videos ist beschädigt und lässt sich nicht decodieren. Es geht beim nächsten ganzen Bild weiter.
decode-format = Das vorbereitete Video ist beschädigt: Seine Bilder haben eine andere Form als vorgesehen. Lassen Sie es vom Server neu vorbereiten.
decode-memory = Der Speicher reicht zum Decodieren nicht. Schließen Sie andere Programme, oder wählen Sie eine niedrigere Auflösung.

## Warum nichts zu hören ist

silence-not-wanted = Diese Ansicht wurde ohne Ton geöffnet.
silence-no-device = Es wurde kein Tongerät gefunden, daher läuft das Video stumm. Schließen Sie eines an, oder starten Sie den Tonserver; öffnen Sie dann das Video noch einmal.
silence-not-connected = Das Tongerät „{ $device }“ ist nicht angeschlossen; bis dahin spielt das des Systems. Schließen Sie es an, oder wählen Sie in den Einstellungen ein anderes.
silence-unsupported = Das Tongerät „{ $device }“ kann 48 kHz in Stereo nicht wiedergeben, daher läuft das Video stumm. Wählen Sie in den Einstellungen des Systems ein anderes.
silence-lost = Das Tongerät ist nicht mehr da, daher läuft das Video stumm weiter. Schließen Sie es wieder an, und öffnen Sie das Video noch einmal.
silence-decode = Das Video läuft stumm. { $why }

## Tasten

keys-title = Tasten
keys-everywhere = Überall
keys-catalogue = Bei den Videos
keys-stage = Während ein Video offen ist
keys-tab = Zum nächsten oder vorigen Element
keys-press = Drücken, was den Fokus hat
keys-scale = Alles größer oder kleiner
keys-scale-reset = Alles in eigener Größe
keys-settings = Einstellungen
keys-quit = Das Fenster schließen
keys-close = Diese Liste oder ein Menü schließen
keys-search = Titel suchen
keys-search-clear = Die Suche leeren und verlassen
keys-search-first = Von der Suche zum ersten Video
keys-cards = Von Karte zu Karte
keys-play = Abspielen oder anhalten
keys-ten = 10 s zurück oder vor
keys-five = 5 s zurück oder vor
keys-volume = Lauter oder leiser
keys-mute = Ton aus oder an
keys-zoom = Bild größer oder kleiner
keys-pan = Bild schieben, auch ⇧ ↑ und ⇧ ↓
keys-zoom-whole = Das ganze Bild
keys-statistics = Statistik
keys-fullscreen = Vollbild
keys-escape = Vollbild verlassen
keys-ends = Zum Anfang oder Ende
keys-chapter = Zu diesem oder zum vorigen Kapitel, zum nächsten
keys-tenths = Zu so vielen Zehnteln
keys-list = Diese Liste

## Personen

people-title = Personen
people-show = Personen zeigen
people-hide = Personen verbergen
people-instructor = Lehrkraft
people-you = Sie
people-reconnecting = Verbindet wieder
people-remove = { $name } entfernen
people-remove-question = { $name } entfernen?
people-remove-yes = Entfernen

## Statuszeile

status-room = Raum { $room }
status-reconnecting = Verbindet wieder seit { $for }
status-way = Medien über den Steuerport
status-way-refused = Port { $port } des Servers weist Verbindungen ab; Bild und Ton kommen stattdessen über seinen Steuerport. Öffnen Sie Port { $port } in der Firewall des Servers.
status-way-filtered = Port { $port } des Servers antwortet nicht; Bild und Ton kommen stattdessen über seinen Steuerport. Öffnen Sie Port { $port } in der Firewall dazwischen.
status-round-trip = Umlaufzeit
status-quality = Auflösung
status-buffer = Puffer
status-sound = Ton
status-sound-instead = Ton, anderes Gerät
status-silent = Stumm
status-muted = Ton aus
status-no-track = Keine Tonspur

## Einstellungen

settings-title = Einstellungen
settings-system = Wie das System
settings-colours = Farben
settings-dark = Dunkel
settings-light = Hell
settings-language = Sprache
settings-scale = Größe von allem
settings-motion = Bewegung
settings-motion-less = Nichts bewegt sich von selbst
settings-motion-full = Voll
settings-name = Ihr Name in der nächsten Klasse
settings-name-hint = In der Klasse, in der Sie jetzt sind, bleibt Ihr Name, wie er ist.
settings-videos = Videos einer Klasse, die Sie hier beginnen
settings-videos-hint = Eine Klasse, die schon läuft, behält ihren Ordner.
settings-videos-choose = Einen Ordner wählen
settings-videos-default = Wie am Anfang
settings-output = Ton aus

## Wenn sich kein Fenster öffnen lässt

window-no-display = Es lässt sich kein Fenster öffnen: { $why }. Ohne Bildschirm gehen die Befehle; `lectern --help` nennt sie.
window-no-graphics = Die Grafik dieses Rechners kann das Fenster nicht zeichnen: { $why }. Lectern braucht OpenGL 2.1 oder OpenGL ES 2.0. Installieren oder erneuern Sie den Grafiktreiber (unter Debian und Ubuntu: libgl1-mesa-dri); Mesa zeichnet auch ohne Grafikkarte. Die Befehle gehen auch so; `lectern --help` nennt sie.

ahead-menu = Mehr zu { $title }
ahead-prepare = Die Klasse vorbereiten
ahead-each = etwa { $megabytes } MB auf jedem Gerät
ahead-title = Alle holen { $title } im Voraus, in { $rung }
ahead-end = Beenden
ahead-nobody = Noch ist niemand hier
ahead-ready = { $ready } von { $of } bereit
ahead-ready-but = { $ready } von { $of } bereit, { $unable } ohne Platz dafür
ahead-own = { $percent } % sind auf diesem Gerät
ahead-own-all = Es ist ganz auf diesem Gerät
ahead-own-unable = Auf diesem Gerät ist kein Platz dafür; es wird beim Ansehen geholt
ahead-own-waits = Es wird geholt, sobald es vorbereitet ist
status-ahead = Vorausgeholt
status-ahead-all = { $title }, ganz
status-ahead-part = { $title }, { $percent } %
