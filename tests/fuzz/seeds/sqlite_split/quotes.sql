SELECT 'a;b', "c;d", [e;f], `g;h` /* i;j */ -- k;l
;;
SELECT x'00' ; SELECT 'open