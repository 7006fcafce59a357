# Rooms and accounts: the forms that lie over a class.
room-manage = Rooms and attendance
room-accounts = Accounts
manage-rooms = Rooms
manage-accounts = Accounts
manage-mine = My account
manage-asking = Asking the server
manage-not-connected = The connection to the class is lost, so nothing was changed. Try again when it is back.
manage-file = { $path } cannot be written: { $why }. Choose another file or folder.
manage-not-forgotten = You are logged out at the server, but this computer cannot forget the session ({ $why }). It is good for nothing any more.
manage-room-here = this one
manage-room-people = { $n ->
    [one] 1 person
   *[other] { $n } people
}
manage-room-copy = Copy the join link of { $room }
manage-room-close = Close { $room }
manage-room-close-short = Close
manage-room-close-question = Close { $room } with its seats, codes and chat?
manage-room-close-yes = Close the room
manage-room-new = Open another room
manage-room-name = Name of the room
manage-room-password = Password of the room
manage-room-waiting = Whoever is new waits until let in
manage-room-open = Open the room
manage-room-no-name = It is opened once it has a name.
manage-room-no-password = It is opened once it has a password, with which students enter it.
manage-room-about = It has people, codes, chat and streams of its own, and stays until it is closed.
manage-room-opened = { $room } is open. Its join link can be copied above; who waits at its door is set in its own menu.
manage-attendance = Who was there
manage-attendance-about = From when to when everybody was in { $room }, as a table (CSV).
manage-attendance-save = Save as a table
manage-attendance-pick = Where the table of who was there is saved
manage-attendance-written = Saved as { $path }.
manage-accounts-search = Search accounts
manage-accounts-clear = Show all accounts
manage-accounts-none = Nobody has an account here yet.
manage-accounts-not-found = No account has this in its name.
manage-account-about = { $n ->
    [0] since { $day }
    [one] since { $day } · logged in on 1 computer
   *[other] since { $day } · logged in on { $n } computers
}
manage-account-role = Role of { $name }: { $role }
manage-password = Another password
manage-password-old = Password until now
manage-password-new = New password
manage-password-change = Change the password
manage-password-about = At least 8 characters. All computers are logged out by it.
manage-password-changed = The password is changed and all computers are logged out. Use the new one the next time.
manage-log-out-title = Log out
manage-log-out-about = You leave the class, and this computer forgets the account until somebody logs in again.
manage-log-out = Log out here
manage-log-out-everywhere = Log out on all computers
settings-account = Account
settings-account-open = My account
join-register = I have no account yet: make it
join-register-room = Room password
join-register-about = The account is yours in every lesson. Its password stays on this computer; the server gets what is computed from it.
error-account-none = There is no such account any more. Open the list again.
error-account-no-account = You entered without an account. Leave the class and log in with it.
error-account-other-version = The keys of the account were changed from another computer, or cannot be taken along from here. Change the password on the computer that has them.
error-account-last-instructor = This is the last instructor's account. Make somebody else an instructor first.
error-account-role = An account is a student's, an assistant's or an instructor's. Choose one of these.
error-account-long = The server does not keep so much for an account. Tell whoever runs it.
