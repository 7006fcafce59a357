# Privater Chat.
chat-list = Zurück zu allen Chats
private-all = Einen privaten Chat lesen nur die beiden, nicht der Server. In diesem Raum dürfen alle allen schreiben.
private-instructor = Einen privaten Chat lesen nur die beiden, nicht der Server. In diesem Raum ist immer eine Lehrkraft dabei.
private-off = In diesem Raum ist privater Chat ausgeschaltet.
private-off-staff = In diesem Raum ist privater Chat ausgeschaltet, außer zwischen Lehrkräften und Assistenz.
private-keys-made = Auf diesem Computer werden Schlüssel erzeugt.
private-own-wrong = Der Server nennt anderen einen Schlüssel für Sie, der nicht Ihrer ist: Was man Ihnen schreibt, liest jemand anderes. Sagen Sie es der Lehrkraft, und schreiben Sie hier nichts Privates.
private-write-to = Noch nichts geschrieben
private-gone = Hat die Klasse verlassen
private-away = Nicht da, liest es später
private-kept = Wird zugestellt, wenn { $name } da ist
private-lesson-only = Ihre Schlüssel gelten für diese Stunde. Melden Sie sich mit einem Konto an, dann kann man Ihnen auch schreiben, wenn Sie nicht da sind.
private-unopened = Die Schlüssel Ihres Kontos lassen sich auf diesem Computer nicht öffnen, diese gelten darum nur für diese Stunde. Melden Sie sich noch einmal mit dem Passwort an.
private-older = Der Server nennt ältere Schlüssel Ihres Kontos, als dieser Computer schon gesehen hat. Was dort wartet, wird darum nicht geöffnet. Sagen Sie es der Lehrkraft.
private-theirs-lesson = Ohne Konto: Diese Schlüssel gelten für diese Stunde, und für { $name } wird nichts aufgehoben.
private-blocked = Blockiert
private-key-changed-short = Schlüssel geändert, Senden angehalten
private-writes = { $name } schreibt
private-waits-for = Wartet, bis { $name } da ist
private-waits-decision = Wartet auf Ihre Entscheidung
private-you = Sie: { $text }
private-write = An { $name } schreiben
private-verified = Geprüft: Sie haben die Sicherheitsnummer verglichen
private-not-verified = Privat, noch nicht geprüft
private-unknown = Privat
private-student = Schülerin oder Schüler
private-empty = Was Sie { $name } schreiben, kann sonst niemand lesen, auch der Server nicht.
private-missing = { $n ->
    [one] Eine Nachricht ist nicht angekommen.
   *[other] { $n } Nachrichten sind nicht angekommen.
}
private-unreadable = { $n ->
    [one] Eine Nachricht ist hier nicht lesbar
   *[other] { $n } Nachrichten sind hier nicht lesbar
}
private-unreadable-about = Sie war mit einem Schlüssel verschlossen, der nicht mehr hier ist. Das Lectern von { $name } wurde gebeten, sie noch einmal zu senden; Sie brauchen nichts zu tun.
private-sent = Der Server hat sie
private-delivered = Zugestellt
private-read = Gesehen
private-trouble = Nicht durchgekommen
private-unconfirmed = Niemand sagt, dass { $name } sie bekommen hat
private-false-keys = Der Server nannte Schlüssel, die nicht die richtigen sind, darum wurde nichts gesendet. Sagen Sie es der Lehrkraft.
private-refused = Nicht gesendet: { $why }
private-chosen = Teil der Meldung
private-stopped = Das Senden ist angehalten, bis Sie den neuen Schlüssel von { $name } angesehen haben
private-is-gone = { $name } hat die Klasse verlassen.
private-is-blocked = Sie haben { $name } blockiert.
private-changed = Der Schlüssel von { $name } hat sich geändert
private-changed-about = Die Nachrichten von { $name } sind mit einem Schlüssel unterschrieben, den Sie nicht geprüft haben. Das kommt nach einem neuen Computer oder einem neuen Platz vor. Es kommt auch vor, wenn sich jemand für { $name } ausgibt. Nichts von Ihnen wird gesendet, bis Sie entschieden haben.
private-number = Sicherheitsnummer
private-number-of = Sicherheitsnummer von Ihnen und { $name }
private-read-out = Lesen Sie sie einander vor. Auf dem Bildschirm von { $name } muss dieselbe Nummer stehen.
private-match = Gleich: geprüft
private-go-on = Ungeprüft weiter
private-differ = Verschieden: blockieren
private-code = Sicherheitsnummer als Code
private-code-show = Code zeigen
private-code-hide = Code ausblenden
private-copy = Kopieren
private-same = Wir haben verglichen, sie sind gleich
private-verified-about = Geprüft. Sie haben die Sicherheitsnummer verglichen, und der Schlüssel ist noch derselbe.
private-unverified-about = Noch nicht geprüft. Lesen Sie einander die Sicherheitsnummer vor: Ist sie gleich, steht niemand zwischen Ihnen und { $name }.
private-in-this-chat = In diesem Chat
private-waiting = Wartet auf das Senden
private-notifications = Neue Nachrichten melden
private-line = Die Schlüssel des Raums in einer Zeile
private-line-about = Dieselben Wörter stehen auf allen Bildschirmen und auf dem Projektor, oder jemand hat andere Schlüssel.
private-report = Melden …
private-report-not = Nicht in die Meldung
private-report-to = An { $to } melden
private-report-about = { $n ->
    [0] Wählen Sie Nachrichten von { $name } über ihr Menü. { $to } sieht diese, mit Beweis, wer sie schrieb, und sonst nichts.
    [one] { $to } sieht eine Nachricht, mit Beweis, dass { $name } sie schrieb, und sonst nichts.
   *[other] { $to } sieht { $n } Nachrichten, mit Beweis, dass { $name } sie schrieb, und sonst nichts.
}
private-reports = Meldungen ({ $n })
private-reported = { $by } meldet, dass { $wrote } schrieb: „{ $text }“. Es ist bewiesen.
private-reported-false = { $by } meldet, dass { $wrote } schrieb: „{ $text }“. Der Beweis ist falsch.
private-reported-unknown = { $by } meldet, dass { $wrote } schrieb: „{ $text }“. Der Beweis wird geprüft.
private-block = { $name } blockieren
private-unblock = { $name } nicht mehr blockieren
private-error-gone = Diese Person ist nicht mehr in der Klasse.
private-error-changed = Der Schlüssel dieser Person hat sich geändert. Sehen Sie ihn zuerst an.
private-error-blocked = Sie haben diese Person blockiert. Heben Sie das auf, um zu schreiben.
private-error-many = Zu viele Ihrer Nachrichten sind noch nicht angekommen. Warten Sie, bis einige da sind.
private-error-keys = Die Schlüssel für privaten Chat konnten auf diesem Computer nicht erzeugt werden. Starten Sie das Programm neu.
private-attach = Datei anhängen
private-file-offered = Noch nicht geholt
private-file-going = Wird geholt
private-file-theirs = Geholt
private-file-coming = Kommt
private-file-get = Herunterladen
private-file-again = Noch einmal herunterladen
private-file-show = Im Ordner zeigen
private-file-saved = gespeichert als { $path }
private-file-damaged = Was kam, ist nicht das Angebotene und wurde verworfen
private-file-gone = Nicht mehr zu haben: das andere Lectern wurde beendet
private-file-let-go = Nicht mehr angeboten
private-kept-title = Auf diesem Computer aufbewahrt
private-kept-about = Verschlüsselt mit den Schlüsseln Ihres Kontos: Niemand liest es, der sich nicht als Sie anmelden kann.
private-forget = Dieses Gespräch löschen…
private-forget-question = Es verschwindet endgültig von diesem Computer. Was { $name } und Ihre anderen Computer aufbewahren, bleibt dort.
private-forget-yes = Löschen
private-size-bytes = { $n ->
    [one] Ein Byte
   *[other] { $n } Bytes
}
private-size-kb = { $n } kB
private-size-mb = { $n } MB
private-error-no-files = In dieser Klasse gibt es keine Anhänge.
private-error-large = Diese Datei hat { $size }, und diese Klasse erlaubt { $max }. Senden Sie einen Teil davon oder teilen Sie sie auf anderem Weg.
private-error-many-files = Die Dateien Ihrer Gespräche sind zusammen so groß, wie dieses Programm sie hält. Starten Sie es neu, um sie loszulassen.
private-error-file = { $path }: { $why }. Wählen Sie eine andere Datei.
private-error-not-fetched = Die Datei kam nicht: das andere Lectern wurde beendet, oder was kam, war nicht das Angebotene. Bitten Sie darum, sie noch einmal zu senden.
private-error-no-folder = Dieser Computer hat keinen Ordner für Heruntergeladenes.
