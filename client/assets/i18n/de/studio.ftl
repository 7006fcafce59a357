# Der Klasse etwas zeigen: die Klassenansicht, die Leiste, der Beamer, wer zeigen darf.
rail-class = Klasse
studio-picture = Was Sie zeigen
studio-badge = AUF SENDUNG
studio-here = { $n ->
    [0] Noch ist sonst niemand da
    [one] { $n } Person ist da
   *[other] { $n } Personen sind da
}
studio-here-live = { $n ->
    [0] Auf Sendung; noch ist sonst niemand da
    [one] { $n } Person kann es sehen
   *[other] { $n } Personen können es sehen
}
studio-choose = Was wird die Klasse sehen?
studio-choose-hint = Wählen Sie unten eine Quelle. Zuerst sehen nur Sie sie hier; die Klasse sieht sie, sobald Sie auf Sendung gehen.
studio-sound-alone = Nur Ton
studio-sound-alone-hint = Es gibt nichts zu sehen. Auf Sendung hört die Klasse Sie.
studio-sources = Quellen
studio-looking = Kameras, Bildschirme und Mikrofone werden gesucht
studio-look-again = Nochmals suchen
studio-choose-source = { $name } zeigen
studio-screen = Bildschirm { $name }
studio-file = Videodatei…
studio-devices-failed = Es ist nicht bekannt, welche Geräte da sind: { $why }
studio-no-camera = Es wurde keine Kamera gefunden. Schließen Sie eine an und suchen Sie nochmals; alles andere geht auch ohne.
studio-no-screen = Der Bildschirm kann nicht gezeigt werden: { $why }
studio-go = Auf Sendung gehen
studio-go-hint = Die Klasse sieht es sofort
studio-going = Geht auf Sendung
studio-on-air = Auf Sendung
studio-stop-hint = Drücken zum Beenden
studio-choose-first = Wählen Sie zuerst eine Quelle
studio-opening-source = Die Quelle wird geöffnet
studio-sound = Ton
studio-sound-now = Ton: { $name }
studio-no-sound = Kein Ton
studio-tone = Prüfton
studio-microphone-default = Das Mikrofon des Systems
studio-file-sound = Die Datei bringt ihren eigenen Ton mit.
studio-level = Pegel { $db } dB
studio-silent = Von diesem Mikrofon ist nichts zu hören. Schalten Sie es ein, oder wählen Sie ein anderes.
studio-quality-now = Auflösung { $rung }
studio-freeze = Einfrieren
studio-unfreeze = Weiter
studio-strip = Leiste
studio-projector = Beamer
studio-quiet = Ruhe
studio-quiet-hint = beendet, was Lernende zeigen
studio-quiet-end = Klasse öffnen
studio-failed = Das kann nicht gezeigt werden: { $why }
studio-ended = Die Quelle ist zu Ende. Wählen Sie sie nochmals, um neu zu beginnen.
studio-trouble = Die Quelle meldet: { $why }
studio-off-port = Nicht auf Sendung: Der Medienport des Servers antwortet nicht. Es wird weiter versucht; prüfen Sie die Firewall des Servers.
studio-off-lost = Nicht auf Sendung: Die Verbindung zum Server ging verloren. Die Sendung geht von selbst weiter.
studio-off-room = Nicht mehr auf Sendung: Eine Lehrkraft hat sie beendet, oder es kam nichts mehr.
studio-off-right = Nicht auf Sendung: Sie haben die Bühne nicht. Bitten Sie die Lehrkraft darum.
studio-off-quiet = Nicht auf Sendung: Es ist Ruhe. Versuchen Sie es wieder, wenn die Lehrkraft die Klasse geöffnet hat.
studio-off-name = Nicht auf Sendung: Jemand anderes zeigt schon etwas mit diesem Namen.
studio-off-many = Nicht auf Sendung: Es wird schon so viel gezeigt, wie der Raum zulässt. Beenden Sie zuerst etwas.
studio-off-offer = Nicht auf Sendung: Der Server nimmt diese Größe oder Auflösung nicht. Wählen Sie eine andere Auflösung.
studio-end = Sie sind auf Sendung
studio-end-hint = Wenn Sie gehen, sieht und hört die Klasse Sie nicht mehr.
studio-end-yes = Beenden und gehen
studio-end-no = Auf Sendung bleiben
live-frozen = Eingefroren
strip-title = Lectern: auf Sendung
strip-off-air = Aus
strip-stop = Beenden
strip-close = Die Leiste schließen
strip-move = Die Leiste verschieben
projector-title = Lectern: Beamer
floor-quiet = Es ist Ruhe: Nur die Lehrkraft zeigt etwas.
floor-quiet-instructor = Es ist Ruhe: Lernende zeigen nichts, bis Sie die Klasse wieder öffnen.
floor-stage = Sie haben die Bühne: Was Sie auf Sendung bringen, sieht die Klasse.
floor-show = Etwas zeigen
people-give-stage = { $name } die Bühne geben
people-take-stage = { $name } die Bühne nehmen
people-stage = Auf der Bühne
people-live = Auf Sendung
keys-quiet = Lehrkraft: Ruhe, und wieder öffnen
keys-projector = Lehrkraft: das Fenster für den Beamer
