# Räume und Konten: die Formulare, die über einer Klasse liegen.
room-manage = Räume und Anwesenheit
room-accounts = Konten
manage-rooms = Räume
manage-accounts = Konten
manage-mine = Mein Konto
manage-asking = Der Server wird gefragt
manage-not-connected = Die Verbindung zur Klasse ist unterbrochen, also wurde nichts geändert. Versuchen Sie es wieder, wenn sie zurück ist.
manage-file = { $path } kann nicht geschrieben werden: { $why }. Wählen Sie eine andere Datei oder einen anderen Ordner.
manage-not-forgotten = Sie sind am Server abgemeldet, aber dieser Computer kann die Sitzung nicht vergessen ({ $why }). Sie gilt nirgends mehr.
manage-room-here = dieser
manage-room-people = { $n ->
    [one] 1 Person
   *[other] { $n } Personen
}
manage-room-copy = Beitrittslink von { $room } kopieren
manage-room-close = { $room } schließen
manage-room-close-short = Schließen
manage-room-close-question = { $room } mit Plätzen, Codes und Chat schließen?
manage-room-close-yes = Raum schließen
manage-room-new = Weiteren Raum öffnen
manage-room-name = Name des Raums
manage-room-password = Passwort des Raums
manage-room-waiting = Wer neu ist, wartet, bis er eingelassen wird
manage-room-open = Raum öffnen
manage-room-no-name = Er wird geöffnet, sobald er einen Namen hat.
manage-room-no-password = Er wird geöffnet, sobald er ein Passwort hat, mit dem Lernende eintreten.
manage-room-about = Er hat eigene Personen, Codes, Chats und Übertragungen und bleibt, bis er geschlossen wird.
manage-room-opened = { $room } ist offen. Der Beitrittslink lässt sich oben kopieren; wer an der Tür wartet, bestimmt das Menü dort.
manage-attendance = Wer da war
manage-attendance-about = Von wann bis wann alle in { $room } waren, als Tabelle (CSV).
manage-attendance-save = Als Tabelle speichern
manage-attendance-pick = Wo die Tabelle der Anwesenden gespeichert wird
manage-attendance-written = Gespeichert als { $path }.
manage-accounts-search = Konten suchen
manage-accounts-clear = Alle Konten zeigen
manage-accounts-none = Hier hat noch niemand ein Konto.
manage-accounts-not-found = Kein Konto hat das im Namen.
manage-account-about = { $n ->
    [0] seit { $day }
    [one] seit { $day } · auf 1 Computer angemeldet
   *[other] seit { $day } · auf { $n } Computern angemeldet
}
manage-account-role = Rolle von { $name }: { $role }
manage-password = Anderes Passwort
manage-password-old = Bisheriges Passwort
manage-password-new = Neues Passwort
manage-password-change = Passwort ändern
manage-password-about = Mindestens 8 Zeichen. Alle Computer werden dadurch abgemeldet.
manage-password-changed = Das Passwort ist geändert, und alle Computer sind abgemeldet. Nehmen Sie beim nächsten Mal das neue.
manage-log-out-title = Abmelden
manage-log-out-about = Sie verlassen die Klasse, und dieser Computer vergisst das Konto, bis sich wieder jemand anmeldet.
manage-log-out = Hier abmelden
manage-log-out-everywhere = Auf allen Computern abmelden
settings-account = Konto
settings-account-open = Mein Konto
join-register = Ich habe noch kein Konto: anlegen
join-register-room = Raumpasswort
join-register-about = Das Konto gehört Ihnen in jeder Stunde. Sein Passwort bleibt auf diesem Computer; der Server bekommt, was daraus berechnet wird.
error-account-none = Dieses Konto gibt es nicht mehr. Öffnen Sie die Liste neu.
error-account-no-account = Sie sind ohne Konto eingetreten. Verlassen Sie die Klasse und melden Sie sich damit an.
error-account-other-version = Die Schlüssel des Kontos wurden von einem anderen Computer geändert oder können von hier nicht mitgenommen werden. Ändern Sie das Passwort an dem Computer, der sie hat.
error-account-last-instructor = Das ist das letzte Konto einer Lehrkraft. Machen Sie zuerst jemand anderen zur Lehrkraft.
error-account-role = Ein Konto gehört Lernenden, der Assistenz oder Lehrkräften. Wählen Sie eines davon.
error-account-long = So viel hebt der Server für ein Konto nicht auf. Sagen Sie es der Person, die ihn betreibt.
