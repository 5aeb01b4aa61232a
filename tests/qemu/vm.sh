hostname
ls /
echo done
poweroff
